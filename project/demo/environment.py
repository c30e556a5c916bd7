"""The demo's own settings, put into the environment before Django reads it. Nothing of a real installation is used."""

from __future__ import annotations

from collections.abc import MutableMapping
from itertools import islice
from pathlib import Path
from random import SystemRandom
from socket import socket

from project.core.config import declarations

FOLDER = "demo"
KEY_FILE = "telegram.pem"
DC = 2
_LISTENING = range(20_000, 32_768)


def prepare(environ: MutableMapping[str, str], base: Path) -> None:
    """Replaces every setting in `environ` by the demo's; its data go to the folder `demo` in VAR_DIR."""
    var = Path(environ.get("VAR_DIR") or base / "var").absolute() / FOLDER
    for name in declarations():
        environ.pop(name.upper(), None)
        environ.pop(f"{name.upper()}_FILE", None)
    telegram, http, web = free_ports(3)
    environ.update(
        {
            "ENV_FILE": "",
            "VAR_DIR": str(var),
            "PUBLIC_URL": f"http://localhost:{web}",
            "TELEGRAM_API_ID": "12345",
            "TELEGRAM_API_HASH": "0123456789abcdef0123456789abcdef",
            "TELEGRAM_DC": f"{DC}:127.0.0.1:{telegram}",
            "TELEGRAM_DC_KEY_FILE": str(var / KEY_FILE),
            "DISCORD_API_URL": f"http://127.0.0.1:{http}/api/v10",
            "DISCORD_GATEWAY_URL": f"ws://127.0.0.1:{http}/gateway",
            "BOT_API_URL": f"http://127.0.0.1:{http}/botapi",
            "NODE_NAME": "demo",
        }
    )


def free_ports(count: int) -> list[int]:
    """Ports of the loopback address that nobody listens on now, and that no outgoing connection will be given.

    Linux takes the ports of outgoing connections from 32768 up (ip_local_port_range), also between this look and
    the moment the server binds: with many connections around, a demo now and then could not start.
    """
    wanted = SystemRandom().sample(_LISTENING, len(_LISTENING))
    return list(islice(filter(_is_free, wanted), count))


def _is_free(port: int) -> bool:
    with socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
