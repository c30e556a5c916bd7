"""A lane works one hop of one pair, in order, and survives everything."""
