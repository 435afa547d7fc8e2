"""The 25 actions, an operation a module: loaded by the paths in component.json."""
