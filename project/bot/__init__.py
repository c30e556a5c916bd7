"""The admin bot: every room's commands in one, run by `manage.py runbot`."""
