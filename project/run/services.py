"""The project's own services and how each is started."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from socket import SO_REUSEADDR, SOL_SOCKET, socket
from urllib.parse import urlsplit

from project.core.config import Config
from project.core.errors import SettingError
from project.run.service import Ready, Service, wrote
from project.run.web_check import answers

BASE_DIR = Path(__file__).resolve().parent.parent.parent
_LOCAL = ("localhost", "127.0.0.1")
_WEB_THREADS = 4
_REFUSED = "the bot is refused"  # workers/holder.py: it stays, and asks again an hour later


def web_port(config: Config) -> int:
    """The local port of the admin site: that of a local PUBLIC_URL, else 8000 for the proxy in front."""
    public = urlsplit(config.public_url)
    return public.port or 80 if public.hostname in _LOCAL else 8000


def check_web_port(config: Config) -> None:
    """Raise SettingError when another program has the admin site's port."""
    port = web_port(config)
    with socket() as probe:
        probe.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise SettingError(
                "PUBLIC_URL",
                f"the admin site cannot listen on port {port} ({error.strerror}).",
                hint=f"Stop the other program, or set PUBLIC_URL=http://localhost:{port + 1}.",
            ) from error


def services(config: Config, *, env: Mapping[str, str] | None = None) -> tuple[Service, ...]:
    """Every service for this configuration, in the order of starting. `env` is added to their environment.

    Ready is what a service itself says when it has begun to work: having started says nothing about a token.
    """
    added = dict(env or {})
    wanted = [_web(config, added)]
    if config.discord_bot_token:
        wanted.append(Service("discord", _manage("rundiscord"), wrote("listening to Discord"), added, _REFUSED))
    if config.admin_bot_token:
        wanted.append(Service("bot", _manage("runbot"), wrote("the admin bot listens"), added, _REFUSED))
    control = _celery("worker", "-Q", "control", "-n", "control@%h", "-c", "2")
    wanted.append(Service("control", control, wrote(' ready."'), added))
    wanted.append(Service("beat", _celery("beat"), wrote("beat leads"), added))
    wanted.append(Service("node", _manage("runnode"), wrote("node is up"), added))
    return tuple(wanted)


def _web(config: Config, env: Mapping[str, str]) -> Service:
    port = web_port(config)
    argv = (
        *(sys.executable, "-m", "gunicorn", "project.wsgi:application", "--bind", f"127.0.0.1:{port}"),
        *("--worker-class", "gthread", "--threads", str(_WEB_THREADS), "--no-control-socket"),
        *("--graceful-timeout", "5"),
    )
    return Service("web", argv, _serves(port, public_url=config.public_url), env)


def _serves(port: int, *, public_url: str) -> Ready:
    """Ready once it has the port (another program might hold it) and answers a web request."""
    return lambda output, _age: "Listening at" in output and answers(port, public_url=public_url)


def _manage(command: str) -> tuple[str, ...]:
    return (sys.executable, str(BASE_DIR / "manage.py"), command)


def _celery(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "celery", "-A", "project.celery", *arguments)
