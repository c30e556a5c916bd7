"""`manage.py doctor`: looks at everything an installation needs, also when parts of it are down."""
