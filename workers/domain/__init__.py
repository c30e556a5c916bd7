"""Pure rules of the workers room."""
