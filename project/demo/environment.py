"""The demo's own settings, put into the environment before Django reads it. Nothing of a real installation is used."""

from __future__ import annotations

from collections.abc import MutableMapping
from pathlib import Path
from socket import socket

from project.core.config import declarations

FOLDER = "demo"
KEY_FILE = "telegram.pem"
DC = 2


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
            "DISCORD_CDN_URL": f"http://127.0.0.1:{http}/cdn",
            "BOT_API_URL": f"http://127.0.0.1:{http}/botapi",
            "NODE_NAME": "demo",
        }
    )


def free_ports(count: int) -> list[int]:
    """Ports of the loopback address that nobody listens on now."""
    probes = [socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports
