"""Pure rules of the pairs room."""
