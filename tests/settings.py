"""Settings of a test run: nothing from outside, servers in a new folder, one database per process."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from project.core.config import declarations
from project.core.crypto import new_key
from project.core.keyfile import new_secret_key
from project.embedded import layout

for _name in declarations():
    os.environ.pop(_name.upper(), None)
    os.environ.pop(f"{_name.upper()}_FILE", None)

if "RELAY_TEST_DIR" not in os.environ:  # the processes of one run share it
    os.environ["RELAY_TEST_DIR"] = tempfile.mkdtemp(prefix="relay-test-")
TEST_DIR = Path(os.environ["RELAY_TEST_DIR"])
_worker = os.environ.get("PYTEST_XDIST_WORKER", "")  # gw0, gw1, …
TEST_DATABASE = "relay_test"
_database = f"{TEST_DATABASE}_{_worker}" if _worker else TEST_DATABASE
_redis_number = int(_worker.removeprefix("gw") or -1) + 1

os.environ |= {
    "ENV_FILE": "",
    "VAR_DIR": str(TEST_DIR),
    "DATABASE_URL": layout.database_url(TEST_DIR).replace("/relay?", f"/{_database}?"),
    "REDIS_URL": layout.redis_url(TEST_DIR).replace("db=0", f"db={_redis_number}"),
    "MASTER_KEYS": new_key(),
    "SECRET_KEY": new_secret_key(),
    "NODE_NAME": "test",
}

from project.settings import *  # noqa: E402, F403 - the environment had to be ready before
from project.settings import DATABASES  # noqa: E402

DATABASES["default"]["TEST"] = {"NAME": TEST_DATABASE}  # pytest-django appends the process's name
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
