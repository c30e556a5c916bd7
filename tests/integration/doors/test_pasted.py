"""What people hand to the commands: files, settings and answers in the spellings of other programs."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from project.doors.prompts import ask_password, ask_secret
from sessions.models import TelegramSession
from tests.integration.core.test_manage import manage
from tests.integration.doors.conftest import Commands
from tests.integration.doors.test_pair_files import given
from tests.unit.pasted.test_sheets import HEAD, ROWS
from tests.unit.pasted.test_strings import gramjs
from tests.unit.pasted.test_webhooks import REFUSED, TAKEN, TOKEN


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + ("sep=;\r\n" + HEAD + ROWS).encode(),
        (HEAD + ROWS).encode(),
        b"\xff\xfe" + (HEAD + ROWS).replace(";", "\t").encode("utf-16-le"),
    ],
)
def test_b28_a_sheet_is_imported_as_it_was_saved(commands: Commands, tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "pairs.csv"
    file.write_bytes(data)
    said = commands.run("pair", "import", str(file), "--dry-run")
    assert "@harbour_demo -> 123456789012345678 -> -1001234567890" in said
    assert "-1001112223334 -> 123456789012345679 -> @copy_demo" in said
    assert "2 new, 0 changed, 0 unchanged, 0 conflicting" in said
    file.write_bytes(data.replace(b"123456789012345679", b"123456789012345679.0") if b"\0" not in data else b"x,y")
    assert "perhaps rounded" in commands.run("pair", "import", str(file), "--dry-run", code=2) or b"\0" in data


def test_b30_links_and_mentions_of_channels_are_imported(commands: Commands, tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    lines = [
        "source,discord,destination",
        "@harbour_demo,https://discord.com/channels/111111111111111111/123456789012345678,@copy_demo",
        "@harbour_demo2,<#123456789012345679>,@copy_demo2",
        "@harbour_demo3,discord://-/channels/111111111111111111/123456789012345680,@copy_demo3",
        "@harbour_demo4,https://canary.discord.com/channels/1/123456789012345681/123456789012345999,@copy_demo4",
    ]
    file.write_text("\n".join(lines))
    said = commands.run("pair", "import", str(file), "--dry-run")
    for number in (678, 679, 680, 681):
        assert f"-> 123456789012345{number} ->" in said
    file.write_text("\n".join([*lines, "@harbour_demo5,#news,@copy_demo5"]))
    said = commands.run("pair", "import", str(file), "--dry-run", code=2)
    assert "Line 6: discord: '#news' is a channel's name" in said
    assert "Copy Channel ID" in said


def test_b30_pair_edit_takes_a_channels_link(commands: Commands) -> None:
    (pair,) = given(commands, 1)
    said = commands.run("pair", "edit", str(pair.pk), "--discord", "#news", code=2)
    assert "'#news' is a channel's name" in said
    said = commands.run("pair", "edit", str(pair.pk), "--discord", "<#123456789012345679>", code=2)
    assert "A channel id needs the Discord bot" in said


def test_b34_a_file_tells_what_is_wrong_with_each_webhook(commands: Commands, tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    rows = [f'@harbour_demo{number},"{url}",@copy_demo' for number, url in enumerate(TAKEN)]
    file.write_text("\n".join(["source,webhook,destination", *rows]))
    said = commands.run("pair", "import", str(file), "--dry-run")
    assert f"{len(TAKEN)} new, 0 changed, 0 unchanged, 0 conflicting" in said
    for url, why in REFUSED:
        file.write_text(f'source,webhook,destination\n@harbour_demo,"{url}",@copy_demo\n')
        said = commands.run("pair", "import", str(file), "--dry-run", code=code(why))
        assert why in said, url
        assert TOKEN[:8] not in said


def code(why: str) -> int:
    """Where a URL leads is judged at the comparison, which shows conflicts and goes on."""
    return 0 if any(part in why for part in ("its path", "its host is none", "a port")) else 2


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
def test_b23_a_program_starts_by_an_env_file_of_windows(tmp_path: Path, mark: bytes) -> None:
    file = tmp_path / ".env"
    settings = [f"VAR_DIR={tmp_path}", "REDIS_URL=http://wrong", 'export ADMIN_BOT_TOKEN="1:abc"  # the bot']
    file.write_bytes(mark + "\r\n".join([settings[1], settings[0], settings[2]]).encode())
    ended = manage("check", ENV_FILE=str(file))
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1].startswith("REDIS_URL: "), "the first line counts like the others"
    file.write_bytes(mark + "\r\n".join([settings[2], settings[0]]).encode())
    assert "ADMIN_BOT_TOKEN: is no bot token" in manage("check", ENV_FILE=str(file)).stderr


def test_b23_an_env_file_in_utf_16_is_told_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(f"VAR_DIR={tmp_path}\r\n", encoding="utf-16")
    for command in ("check", "up", "runnode", "runbot", "migrate"):
        ended = manage(command, ENV_FILE=str(file))
        assert ended.returncode == 2
        assert ended.stderr == f"ENV_FILE: the file {file} is text in UTF-16, not in UTF-8. Save it as text in UTF-8.\n"


def test_b25_importsession_says_what_a_string_is(commands: Commands) -> None:
    commands.run("session", "add", "main", "+491511234567")
    said = commands.run("importsession", "main", "--string", answers="1" + "A" * 199 + "\n", code=2)
    assert "cut off: it has 200 characters" in said
    said = commands.run("importsession", "main", "--string", answers="12345678:" + "A" * 35 + "\n", code=2)
    assert "This is a bot's token." in said
    wrapped = "\n".join(gramjs(b"vesta.web.telegram.org", 4)[at : at + 100] for at in range(0, 400, 100))
    said = commands.run("importsession", "main", "--string", answers=f'"{wrapped}"\nno\n', code=2)
    assert "Is it stopped? Type yes: " in said, "the string was understood"
    assert "Nothing was changed" in said


def test_b32_session_add_takes_a_number_in_groups(commands: Commands) -> None:
    assert "+88•••••••67" in commands.run("session", "add", "anon", "+888", "0123", "4567")
    assert "+49••••••••67" in commands.run(
        "session", "add", "ann", "\u202a+49\u00a0151/1234567\u202c", "--priority", "3"
    )


def test_b31_session_edit_takes_quotes_that_the_shell_does_not_know(commands: Commands) -> None:
    commands.run("session", "add", "ann", "+491511234567")
    commands.run("session", "edit", "ann", "--meta", "team=\u201cnight", "shift\u201d", "--priority", "5")
    session = TelegramSession.objects.get()
    assert (session.metadata, session.priority) == ({"team": "night shift"}, 5)
    commands.run("session", "edit", "ann", "--meta", "note=5\u201d hose", "--meta", "team=")
    assert TelegramSession.objects.get().metadata == {"note": "5\u201d hose"}
    assert "never closed" in commands.run("session", "edit", "ann", "--meta", "team=\u201cnight", "shift", code=2)


@pytest.mark.parametrize("password", [" open sesame ", "\u00a0open", "cafe\u0301", "tab\t"])
def test_b38_a_password_is_taken_to_the_byte(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    for end in ("\n", "\r\n", ""):
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}{end}"))
        assert ask_password("Password").reveal() == password
    monkeypatch.setattr("sys.stdin", io.StringIO(f" {password}\n"))
    assert ask_secret("Code").reveal() == password.strip()
