"""What `project.manager` is made of: its answers, the services it calls, and the threads it calls them in."""
