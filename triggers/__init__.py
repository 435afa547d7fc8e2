"""What starts flows, a trigger a module: loaded by the paths in component.json."""
