"""Write a complete .env with fresh keys."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from project.core import keyfile
from project.core.claim_token import claim_link, hash_of, new_token
from project.core.crypto import Keyring, fingerprint, new_key
from project.core.errors import Conflict
from project.core.secret import Secret
from project.env import BASE_DIR, key_path
from project.reference import env_text


class Command(BaseCommand):
    """Writes the settings, so it runs without any."""

    help = "Write a complete .env with fresh keys and print their fingerprints; never overwrites."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--path", type=Path, default=BASE_DIR / ".env", help="the file to write")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["path"]
        keys, origin = _keys()
        claim = new_token()
        _write(path, _text(keys, claim))
        self.stdout.write(f"{path} was written (readable by you only), with {origin}:")
        for key in Keyring.parse(keys.master_keys).keys:
            self.stdout.write(f"  MASTER_KEYS  {key.id.hex()}")
        self.stdout.write(f"  SECRET_KEY   {fingerprint(keys.secret_key.encode())}")
        self.stdout.write("Keep a copy of the file apart from the database: without MASTER_KEYS every login is lost.")
        self.stdout.write("The first to open this link owns the admin bot, unless ADMIN_USER_IDS names somebody:")
        self.stdout.write(f"  {claim_link('<your bot>', claim)}")
        self.stdout.write("Next: fill in TELEGRAM_API_ID and TELEGRAM_API_HASH, then run `python manage.py doctor`.")


def _keys() -> tuple[keyfile.KeyFile, str]:
    """The keys of the embedded installation when there is one, since its secrets are sealed with them."""
    path = key_path((BASE_DIR / os.environ.get("VAR_DIR", "var")).resolve())
    if path.exists():
        return keyfile.read(path), f"the keys of {path} (fingerprints)"
    return keyfile.KeyFile(new_key(), keyfile.new_secret_key(), created=True), "fresh keys (fingerprints)"


def _text(keys: keyfile.KeyFile, claim: Secret) -> str:
    """The claim's token itself is stored nowhere."""
    return env_text(
        {"MASTER_KEYS": keys.master_keys, "SECRET_KEY": keys.secret_key, "OWNER_CLAIM_HASH": hash_of(claim)}
    )


def _write(path: Path, text: str) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Conflict(f"{path} exists already; nothing was changed.", hint="Move it away first.") from None
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
