"""What people hand to the commands: files, settings and answers in the spellings of other programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.doors.conftest import Commands
from tests.integration.doors.test_pair_files import given
from tests.unit.pasted.test_sheets import HEAD, ROWS
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
