"""Does the admin site answer? `python -m project.run.web_check PORT` leaves with 0 when it does.

It asks under the name of PUBLIC_URL, since Django refuses (and logs) any other.
"""

from __future__ import annotations

import os
import sys
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from project.core.weburl import normal_url

_PATH = "/readyz"
_SECONDS = 3.0


def answers(port: int, *, public_url: str) -> bool:
    """Whether a web server on this machine answers there without an error of its own."""
    connection = HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        connection.request("HEAD", _PATH, headers={"Host": urlsplit(normal_url(public_url)).netloc})
        return connection.getresponse().status < 500
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    healthy = answers(int(sys.argv[1]), public_url=os.environ.get("PUBLIC_URL") or "http://localhost")
    sys.exit(0 if healthy else 1)
