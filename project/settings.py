"""Django's settings. Everything an operator may change comes from the environment."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from project.core.config import Config
from project.core.dsn import celery_broker_url, parse_database_url
from project.core.weburl import host_of, origin, script_path
from project.env import environment, load

BASE_DIR = Path(__file__).resolve().parent.parent

RELAY: Config = load(environment(os.environ))
_database = parse_database_url(RELAY.database_url)
_public = urlsplit(RELAY.public_url)
_encrypted = _public.scheme == "https"
_path = script_path(RELAY.public_url)

SECRET_KEY = RELAY.secret_key.reveal()
DEBUG = RELAY.debug
ALLOWED_HOSTS = [host_of(RELAY.public_url)]
CSRF_TRUSTED_ORIGINS = [origin(_public)]
FORCE_SCRIPT_NAME = _path or None
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = f"{_path}/"
# Only the proxy in front reaches the web process, and says by this header that people came to it by https.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _encrypted else None
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", "project.console.backend.OperatorBackend"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _encrypted
SECURE_HSTS_SECONDS = 31_536_000 if _encrypted else 0
ROOT_URLCONF = "project.urls"
WSGI_APPLICATION = "project.wsgi.application"

INSTALLED_APPS = [
    "project.console.apps.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_celery_beat",
    "project",
    "project.core",
    "sessions",
    "pairs",
    "workers",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _database.name,
        "USER": _database.user,
        "PASSWORD": _database.password,
        "HOST": _database.host,
        "PORT": _database.port,
        "OPTIONS": {"connect_timeout": "5", **dict(_database.options)},
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "static"

LOGGING_CONFIG = None  # project.core.logs configures logging, for every process alike

CELERY_BROKER_URL = celery_broker_url(RELAY.redis_url)
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_TASK_DEFAULT_QUEUE = "control"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 110  # seconds; below the visibility timeout, so that no task runs twice at a time
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 120,  # seconds; a task that lasted longer would be given to a second worker meanwhile
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "health_check_interval": 10,
    "socket_keepalive": True,
    "socket_connect_timeout": 5,
    "socket_timeout": 15,
    "priority_steps": [0],
    "queue_order_strategy": "sorted",
}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "workers.beat:LeaderScheduler"
CELERY_RESULT_EXPIRES = None  # no results, so no schedule row to clean them up
