"""Whether this host is bound to the database, or every account is held."""

from __future__ import annotations

from collections.abc import Iterator

from project.core.binding.inspect import inspect, look
from project.core.binding.judge import ADOPT, Standing
from project.core.checks import Check, failed, ok, warning
from project.core.config import Config
from project.doors.doctor.database import connect
from project.doors.running import node_alive

BINDING = "binding"


def check_binding(config: Config) -> Iterator[Check]:
    """Raises OperationalError, psycopg.Error."""
    with connect(config) as conn:
        verdict, seen = inspect(conn, config.var_dir), look(conn)
    if verdict.standing is Standing.STRANGER and node_alive(config):
        text = f"A node is at work, but not on this host: {verdict.why}"
        yield warning(BINDING, text, "Start this host's node: it joins by itself.")
    elif verdict.held:
        yield failed(BINDING, f"Every account is held: {verdict.why}", ADOPT)
    elif verdict.standing is Standing.UNBOUND:
        yield ok(BINDING, "The first node to start binds this database.")
    elif seen is not None and seen.switched:
        text = "After a fail-over or an adoption accounts wait for the hand-over before they connect."
        yield warning(BINDING, text, "It ends by itself while a node is running.")
    else:
        yield ok(BINDING, "This host and the database belong together.")
