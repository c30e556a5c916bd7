"""What the commands for people share: questions, tables, servers and a node for the time of a command."""
