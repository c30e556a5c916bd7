"""Reading files of NAME=value lines, as `.env` is."""

from __future__ import annotations


def parse_dotenv(text: str) -> dict[str, str]:
    """NAME=value lines; blank lines and `#` lines are left out, one pair of surrounding quotes is removed."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not name.startswith("#"):
            values[name.strip()] = _unquote(value.strip())
    return values


def _unquote(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return value
