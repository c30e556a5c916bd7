"""A program of its own that holds the embedded servers of a var directory until its input ends."""

from __future__ import annotations

import sys

from project.embedded.servers import ensure_servers
from project.env import load


def main() -> None:
    config = load({"VAR_DIR": sys.argv[1], "ENV_FILE": "/dev/null"})
    with ensure_servers(config) as servers:
        sys.stdout.write(f"{','.join(servers.started)}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
