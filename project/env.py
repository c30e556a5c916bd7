"""Reading the settings from the environment: NAME holds the value, NAME_FILE the path of a file with it."""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from project.core import keyfile
from project.core.config import Config, declarations
from project.core.dotenv import parse_dotenv
from project.core.errors import InvalidInput, SettingError
from project.core.textfile import decode_text
from project.embedded import layout
from project.readers import read_value
from project.rules import check_together

BASE_DIR = Path(__file__).resolve().parent.parent
_MARK = "\ufeff"
_LONGEST_FILE = 65536  # bytes; a secret's file is small


def environment(process: Mapping[str, str]) -> dict[str, str]:
    """The process's environment over the file ENV_FILE (default: `.env` in the checkout, if it exists; empty: none).

    Raises SettingError when a file that was named cannot be read: to go on without it would be another installation.
    """
    named = process.get("ENV_FILE")
    path = Path(named) if named else BASE_DIR / ".env"
    if named == "" or (named is None and not path.is_file()):
        return _without_marks(process)
    try:
        values = parse_dotenv(_file_text("ENV_FILE", path))
    except InvalidInput as error:
        raise SettingError("ENV_FILE", f"the file {path}, {error.message}.", hint=error.hint) from None
    return {**values, **_without_marks(process)}


def _without_marks(process: Mapping[str, str]) -> dict[str, str]:
    """Other programs that read an .env for us may leave its byte order mark before the first name."""
    return {name.removeprefix(_MARK): value for name, value in process.items()}


def load(environ: Mapping[str, str]) -> Config:
    """Read and check every setting. Raises SettingError naming the one that is missing or wrong."""
    texts = {name: _text(name.upper(), environ) for name in declarations()}
    values = _defaults() | {name: _value(name, text) for name, text in texts.items() if text}
    values["var_dir"] = (BASE_DIR / values["var_dir"].expanduser()).resolve()
    _fill_servers(values)
    _fill_keys(values)
    values["node_name"] = values["node_name"] or socket.gethostname()
    values["discord_egress"] = values["discord_egress"] or values["egress_address"] or socket.gethostname()
    config = Config(**values)
    check_together(config)
    return config


def key_path(var_dir: Path) -> Path:
    """The key file of an installation on embedded servers."""
    return var_dir / "keys"


def _text(name: str, environ: Mapping[str, str]) -> str:
    """The text of one setting; empty counts as not set, since compose files pass empty values on."""
    text, path = environ.get(name, "").strip(), environ.get(f"{name}_FILE", "").strip()
    if text and path:
        raise SettingError(name, f"is set together with {name}_FILE.", hint="Set one of them.")
    found = _file_text(f"{name}_FILE", Path(path)).strip() if path else text
    if "\0" in found:
        raise SettingError(name, "holds a NUL, which no setting can.")
    return found


def _file_text(name: str, path: Path) -> str:
    try:
        with path.open("rb") as file:
            return decode_text(file.read(_LONGEST_FILE), encodings=("UTF-8",))
    except InvalidInput as error:
        problem = error.message.removeprefix("The file ").rstrip(".")
        raise SettingError(name, f"the file {path} {problem}.", hint=error.hint) from None
    except (OSError, ValueError) as error:  # ValueError: no path
        raise SettingError(name, f"the file {path} cannot be read ({type(error).__name__}).") from None


def _value(name: str, text: str) -> Any:
    try:
        return read_value(declarations()[name], text)
    except ValueError as problem:
        raise SettingError(name.upper(), f"{problem}.") from None


def _defaults() -> dict[str, Any]:
    return {item.name: item.default for item in fields(Config) if item.default is not MISSING}


def _fill_servers(values: dict[str, Any]) -> None:
    values["embedded_database"] = not values["database_url"]
    values["embedded_redis"] = not values["redis_url"]
    if values["embedded_database"]:
        values["database_url"] = layout.database_url(values["var_dir"], layout.SERVICES)
        values["database_accounts_url"] = layout.database_url(values["var_dir"], layout.ACCOUNTS)
        values["database_owner_url"] = layout.database_url(values["var_dir"])
    for other in ("database_direct_url", "database_owner_url", "database_accounts_url"):
        values[other] = values[other] or values["database_url"]
    values["redis_url"] = values["redis_url"] or layout.redis_url(values["var_dir"])


def _fill_keys(values: dict[str, Any]) -> None:
    missing = [name for name in ("master_keys", "secret_key") if name not in values]
    if not missing:
        return
    if not values["embedded_database"]:
        raise SettingError(
            missing[0].upper(),
            "is required when DATABASE_URL is set.",
            hint="`python manage.py init` writes an .env with fresh keys.",
        )
    path = key_path(values["var_dir"])
    made = keyfile.ensure(path)
    if made.created:
        sys.stderr.write(f"New keys were written to {path} (readable by you only). Keep a copy of that file.\n")
    for name in missing:
        values[name] = _value(name, getattr(made, name))
