"""What runs once per host: the supervisor and the zygote it forks workers from."""
