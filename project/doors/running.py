"""The servers, and a node, for the time of a command."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db.models.functions import Now

from project.core.config import Config
from project.core.errors import Conflict, SettingError
from project.core.stopping import pause
from project.core.tables import tables_behind
from project.embedded.layout import layout
from project.embedded.schema import migrate
from project.embedded.servers import ensure_servers
from project.run.manager import Manager
from project.run.service import Service, State, Status, running_for
from project.run.services import BASE_DIR
from workers.models import Node, NodeState

Say = Callable[[str], None]

_START = 60.0  # seconds a node may take to come up
_LOOK = 0.1


@contextmanager
def installation(config: Config) -> Iterator[None]:
    """Database and Redis, started when they are embedded and do not run; tables up to date.

    Raises SettingError when a server is out of reach, Conflict when the tables of a server of yours are behind.
    """
    with ensure_servers(config):
        if tables_behind():
            if not config.embedded_database:
                raise Conflict("The tables in the database are not up to date.", hint="Run `python manage.py migrate`.")
            migrate(config)
        yield


@contextmanager
def at_work(config: Config, say: Say) -> Iterator[None]:
    """The installation with a live node; when none is alive, one runs for the time of this command.

    Raises SettingError, and Conflict when the node does not start.
    """
    if not config.telegram_api_id or not config.telegram_api_hash.reveal():
        name = "TELEGRAM_API_HASH" if config.telegram_api_id else "TELEGRAM_API_ID"
        raise SettingError(name, "is not set.", hint="Get both from https://my.telegram.org, API development tools.")
    with installation(config):
        if node_alive(config):
            yield
            return
        say("No node is running: starting one for the time of this command (sessions that are logged in relay, too).")
        node = Service("node", (sys.executable, str(BASE_DIR / "manage.py"), "runnode"), running_for(0))
        with Manager([node], logs=layout(config.var_dir).logs, directory=BASE_DIR) as manager:
            _await_node(config, manager)
            yield


def node_alive(config: Config) -> bool:
    """Whether a node has taken a heartbeat within the lease's time."""
    since = Now() - timedelta(seconds=config.lease_ttl)
    return Node.objects.filter(state=NodeState.UP, heartbeat_at__gt=since).exists()


def _await_node(config: Config, manager: Manager) -> None:
    deadline = time.monotonic() + _START
    while not node_alive(config):
        status = manager.statuses()[0]
        if status.state is State.FAILED or time.monotonic() > deadline:
            raise _no_node(status)
        pause(_LOOK)


def _no_node(status: Status) -> Conflict:
    said = f": {status.last_line.rstrip('.')}" if status.last_line else ""
    return Conflict(f"The node did not start{said}.", hint=f"Its log is {status.log}.")
