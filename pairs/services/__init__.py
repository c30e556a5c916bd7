"""What people do with pairs; every door calls these."""
