"""`manage.py pair`: files that come back as they went, and the verbs that need no worker."""

from __future__ import annotations

import stat
from pathlib import Path

from pairs.models import Assignment, Pair
from pairs.services.import_plan import What, plan_import
from project.core.crypto import seal
from project.core.models import AuditEvent
from project.doors.pairfiles import read
from project.env import load
from sessions.models import SenderBot, TelegramSession
from tests.integration.doors.conftest import Commands

TOKEN = "t" * 68


def given(commands: Commands, count: int) -> list[Pair]:
    """Pairs with all that a pair can have."""
    commands._settings.RELAY = load(commands.env)
    keys = commands._settings.RELAY.master_keys
    session = TelegramSession.objects.create(
        name="main", phone_sealed=b"", phone_hint="", device={}, lifecycle="active", health="healthy"
    )
    bot = SenderBot.objects.create(bot_id=77, username="copy_bot", token_sealed=b"", device={}, state="active")
    pairs = []
    for number in range(count):
        pair = Pair.objects.create(
            source_chat=1000 + number,
            source_title=f"News, {number}; 'daily'",
            discord_channel=123456789012345000 + number,
            destination_chat=2000 + number,
            sender=bot if number % 2 else None,
            options={"protected": "reupload"} if number % 3 == 0 else {},
        )
        if number % 2 == 0:
            pair.webhook_id = 555555 + number
            pair.webhook_sealed = seal(TOKEN.encode(), owner=pair.seal_owner, keys=keys)
            pair.save()
        if number != count - 1:
            Assignment.objects.create(pair=pair, session=session)
        pairs.append(pair)
    return pairs


def test_what_is_exported_comes_back_as_it_went(commands: Commands, tmp_path: Path) -> None:
    pairs = given(commands, 5)
    for name, secrets in (
        ("a.csv", ()),
        ("b.yaml", ()),
        ("c.csv", ("--with-secrets",)),
        ("d.yml", ("--with-secrets",)),
    ):
        file = tmp_path / name
        assert "5 pairs are in" in commands.run("pair", "export", str(file), *secrets)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert (TOKEN in file.read_text()) == bool(secrets)
        assert "0 new, 0 changed, 5 unchanged, 0 conflicting" in commands.run("pair", "import", str(file))
    assert "cannot be written" in commands.run("pair", "export", str(tmp_path / "a.csv"), code=2)
    assert "neither .csv nor .yaml" in commands.run("pair", "export", str(tmp_path / "a.txt"), code=2)

    pairs[1].delete()
    Pair.objects.filter(pk=pairs[0].pk).update(webhook_id=1, options={})
    Pair.objects.filter(pk=pairs[3].pk).update(sender=None)
    said = commands.run("pair", "import", str(tmp_path / "d.yml"), "--dry-run")
    assert "1 new, 2 changed, 2 unchanged, 0 conflicting" in said
    assert "sender: the session → @copy_bot" in said
    assert "protected: - → reupload" in said
    assert TOKEN not in said
    plan = plan_import(read(tmp_path / "a.csv"))
    (conflict,) = plan.of(What.CONFLICT)
    assert "needs its URL" in conflict.about[0], "an id is not enough for another webhook"


def test_pairs_are_paused_resumed_and_removed(commands: Commands) -> None:
    first, second = (pair.pk for pair in given(commands, 2))
    assert f"pair {first}: paused" in commands.run("pair", "pause", f"{first}", "--for", "2h", "--reason", "night")
    assert "paused" in commands.run("pair", "list")
    assert Pair.objects.get(pk=first).status_until is not None
    said = commands.run("pair", "resume", f"{first}-{second}")
    assert f"pair {first}: goes on" in said
    assert f"pair {second}: not changed, it is active" in said
    assert "is no time" in commands.run("pair", "pause", f"{first}", "--for", "soon", code=2)
    assert "There is no pair 999" in commands.run("pair", "remove", "999", code=2)
    assert "There is no pair 999" in commands.run("pair", "join", "999", code=2)
    assert f"pair {first}: removed" in commands.run("pair", "remove", "all_from:main", "--reason", "old")
    assert "is a secret" in commands.run("pair", "edit", f"{second}", "--discord", "https://x/webhooks/1/t", code=2)
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"pair.pause", "pair.resume", "pair.remove"} <= actions
