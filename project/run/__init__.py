"""Runs the project's services as child processes: for `manage.py up` and for the demo."""
