"""The web process for gunicorn: `gunicorn project.wsgi`."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from project.core import logs
from project.failures import told_plainly

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")

_GUNICORN_STOPS = 3  # the exit code of a worker after which gunicorn does not start another

with told_plainly(_GUNICORN_STOPS):
    logs.configure("web")
    application = get_wsgi_application()
