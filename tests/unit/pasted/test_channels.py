"""B30: a Discord channel in every spelling."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairs.domain.channels import ChannelName, read_channel
from pairs.domain.imports import parse_pairs
from pairs.domain.requests import parse_add, parse_edit
from project.core.errors import InvalidInput, ManyProblems

SERVER, CHANNEL, MESSAGE = 111111111111111111, 123456789012345678, 123456789012345999
SPELLINGS = [
    f"{CHANNEL}",
    f"https://discord.com/channels/{SERVER}/{CHANNEL}",
    f"https://discord.com/channels/{SERVER}/{CHANNEL}/",
    f"discord.com/channels/{SERVER}/{CHANNEL}",
    f"http://www.discord.com/channels/{SERVER}/{CHANNEL}",
    f"https://ptb.discordapp.com/channels/{SERVER}/{CHANNEL}?x=1",
    f"<https://discord.com/channels/{SERVER}/{CHANNEL}>",
    f"<#{CHANNEL}>",
    f"<#{CHANNEL}|news>",
    f"#{CHANNEL}",
    f"discord://-/channels/{SERVER}/{CHANNEL}",
    f"discord:///channels/{SERVER}/{CHANNEL}",
    f"discord://discord.com/channels/{SERVER}/{CHANNEL}",
    f"https://canary.discord.com/channels/{SERVER}/{CHANNEL}/{MESSAGE}",
    f"[#news](https://discord.com/channels/{SERVER}/{CHANNEL})",
    f"\u201c{CHANNEL}\u201d",
    f"\u202a{CHANNEL}\u202c",
]


@pytest.mark.parametrize("text", SPELLINGS)
def test_b30_a_channel_is_read_by_every_door(text: str) -> None:
    assert read_channel(text).channel_id == CHANNEL
    assert parse_edit(["3", f"discord={text}"])[1].discord.reveal() == str(CHANNEL)  # type: ignore[union-attr]
    assert parse_add(["@harbour_demo", text, "@copy_demo"]).discord.reveal() == str(CHANNEL)
    (line,) = parse_pairs(f"source,discord,destination\n@harbour_demo,{text},@copy_demo\n".encode())
    assert line.discord == CHANNEL


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("#news", "'#news' is a channel's name"),
        ("news", "no channel's id or link"),
        (f"<@{CHANNEL}>", "mentions a person"),
        (f"<@&{CHANNEL}>", "mentions a role"),
        (f"https://discord.com/channels/{SERVER}", "a server and no channel"),
        (f"https://discord.com/channels/@me/{CHANNEL}", "a direct message"),
        (f"https://discord.com/channels/{SERVER}/{CHANNEL}/threads/{MESSAGE}", "a thread"),
        (f"https://discord.com/channels/{SERVER}/news", "The part 'news'"),
        ("https://discord.gg/abcdef", "An invite names a server"),
        ("12", "17 to 19 digits"),
        (f"https://discord.com.evil.example/channels/{SERVER}/{CHANNEL}", "no channel's id or link"),
    ],
)
def test_b30_what_is_refused_says_why_and_how_to_copy_an_id(text: str, why: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_channel(text)
    assert why in refused.value.message
    assert "Copy Channel ID" in refused.value.hint
    with pytest.raises(ManyProblems) as told:
        parse_pairs(f"source,discord,destination\n@harbour_demo,{text},@copy_demo\n".encode())
    assert why in told.value.problems[0]
    assert "Copy Channel ID" in told.value.problems[0]


def test_b30_a_message_is_named_with_its_channel() -> None:
    link = f"https://discord.com/channels/{SERVER}/{CHANNEL}/{MESSAGE}"
    assert read_channel(link) == ChannelName(CHANNEL, MESSAGE)


@settings(deadline=None)
@given(st.text(max_size=60) | st.text(alphabet="<#@&>/:.0123456789mec", max_size=40))
def test_b30_any_text_is_a_channel_or_refused(text: str) -> None:
    for beginning in ("", "<#", "https://discord.com/channels/", f"discord://-/channels/{SERVER}/"):
        with suppress(InvalidInput):
            found = read_channel(beginning + text).channel_id
            assert read_channel(str(found)).channel_id == found
