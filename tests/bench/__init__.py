"""What the product costs over a bare relay loop. docs/reference/bench.md explains the measures."""
