"""PostgreSQL and Redis started and stopped with the program, for when no others are configured."""
