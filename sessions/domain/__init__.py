"""Pure rules of the sessions room."""
