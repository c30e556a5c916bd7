"""B34: a webhook's URL in every spelling, and its token in no sentence."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairs.domain.imports import parse_pairs
from pairs.domain.requests import parse_add
from project.core.errors import InvalidInput, ManyProblems
from project.core.redaction import holds_token, names_webhook
from project.discord.urls import HOSTS, parse_webhook_url, webhook_url

REAL = "https://discord.com/api/v10"
TOKEN = "aZ09-_bY" * 8 + "tail"  # 68 letters
BARE = f"discord.com/api/webhooks/123456789012345678/{TOKEN}"
URL = f"https://{BARE}"
TAKEN = [
    *(f"https://{host}/api/webhooks/123456789012345678/{TOKEN}" for host in sorted(HOSTS)),
    f"{URL}/",
    f"<{URL}>",
    f"`{URL}`",
    f"\u201c{URL}\u201d",
    f"\u202a{URL}\u202c",
    f"[hook]({URL})",
    f"{URL}?wait=true",
    f"{URL}?wait=true&with_components=true",
    f"{URL}/slack",
    f"{URL}/github",
    f"{URL}/github?wait=1",
    f"http://{BARE}",
    f"HTTPS://{BARE}",
    BARE,
]
REFUSED = [
    (f"ftp://{BARE}", "begins with something else than https"),
    (f"{URL}/messages/5", "goes on behind the token"),
    (f"{URL}#x", "goes on after a #"),
    (f"{URL}?wait=true&token=5", "goes on after a ?"),
    ("https://discord.com/api/webhooks/123456789012345678", "the token is missing"),
    ("https://discord.com/api/webhooks/123456789012345678/", "the token is missing"),
    (f"https://discord.com/api/webhooks/news/{TOKEN}", "what follows /webhooks/ is no number"),
    (f"{URL}\u2026", "a sign stands in it"),
    (f"{URL}%20x", "a sign that no token has"),
    ("https://discord.com/api/webhooks/5/short", "cut off"),
    (f"https://me:pw@{BARE}", "a user name stands before its host"),
    (f"https://discord.com:443/api/webhooks/5/{TOKEN}", "a port stands behind its host"),
    (f"https://discord.com/webhooks/5/{TOKEN}", "its path is not /api/webhooks"),
    (f"https://evil.example/api/webhooks/5/{TOKEN}", "its host is none of Discord's"),
    (f"https://d\u0456scord.com/api/webhooks/5/{TOKEN}", "a sign stands in it"),
    (f"https://discord.com/api/webhooks/5/{TOKEN[:30]} {TOKEN[30:]}", "a blank or a line break"),
]


@pytest.mark.parametrize("text", TAKEN)
def test_b34_what_names_a_webhook_is_taken(text: str) -> None:
    found = parse_webhook_url(text, api_url=REAL)
    assert (found.id, found.token.reveal(), found.thread_id) == (123456789012345678, TOKEN, None)
    assert parse_webhook_url(webhook_url(found, api_url=REAL).reveal(), api_url=REAL) == found
    wish = parse_add(["@harbour_demo", text, "@copy_demo"])
    assert parse_webhook_url(wish.discord.reveal(), api_url=REAL) == found
    (line,) = parse_pairs(f"source,webhook,destination\n@harbour_demo,{text},@copy_demo\n".encode())
    assert line.webhook is not None
    assert parse_webhook_url(line.webhook.reveal(), api_url=REAL) == found


@pytest.mark.parametrize(("text", "why"), REFUSED)
def test_b34_what_is_refused_names_the_part_and_never_the_token(text: str, why: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_webhook_url(text, api_url=REAL)
    assert why in refused.value.message
    assert TOKEN[:8] not in refused.value.for_people()


# Where a URL leads is judged with the settings, at the comparison with the pairs there are.
_WHERE = ("its host is none", "a port", "its path")


@pytest.mark.parametrize(("text", "why"), [one for one in REFUSED if not one[1].startswith(_WHERE)])
def test_b34_the_line_of_a_file_names_the_part(text: str, why: str) -> None:
    with pytest.raises(ManyProblems) as refused:
        parse_pairs(f'source,webhook,destination\n@harbour_demo,"{text}",@copy_demo\n'.encode())
    assert refused.value.problems[0].startswith("Line 2: webhook: ")
    assert why in refused.value.problems[0]
    assert TOKEN[:8] not in str(refused.value)


@pytest.mark.parametrize("text", [*TAKEN, *(text for text, _ in REFUSED)])
def test_b34_every_spelling_counts_as_a_secret(text: str) -> None:
    assert names_webhook(text)
    assert holds_token(f"please look: {text}")


@settings(deadline=None)
@given(st.text(max_size=60) | st.text(alphabet="/:?#@.=&apiwebhooks0123456789", max_size=60))
def test_b34_any_text_is_a_webhook_or_refused_without_its_token(text: str) -> None:
    for tried in (text, URL + text, text + URL, f"https://discord.com/api/webhooks/{text}{TOKEN}"):
        assert TOKEN[:12] not in _told(tried)


def _told(url: str) -> str:
    try:
        return repr(parse_webhook_url(url, api_url=REAL))
    except InvalidInput as error:
        return error.for_people()
