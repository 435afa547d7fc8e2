"""Actions, one module per operation, loaded by the paths in component.json."""
