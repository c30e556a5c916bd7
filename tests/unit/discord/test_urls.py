"""Row 10 of the security checklist: which webhook URLs are taken, and what is never repeated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project.core.errors import InvalidInput
from project.core.secret import Secret
from project.discord.objects import Webhook
from project.discord.urls import parse_webhook_url, webhook_url

REAL = "https://discord.com/api/v10"
OWN = "http://127.0.0.1:8099/api/v10"
TOKEN = "aZ09-_" * 10
TAIL = f"/api/webhooks/1234567890/{TOKEN}"


@pytest.mark.parametrize(
    "host", ["discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com", "DISCORD.com"]
)
@pytest.mark.parametrize("base", ["/api", "/api/v10"])
def test_discords_own_hosts(host: str, base: str) -> None:
    found = parse_webhook_url(f"https://{host}{base}/webhooks/1234567890/{TOKEN}", api_url=REAL)
    assert found == Webhook(1234567890, Secret(TOKEN))


def test_thread_and_surrounding_space() -> None:
    found = parse_webhook_url(f"  https://discord.com{TAIL}?thread_id=77\n", api_url=REAL)
    assert found.thread_id == 77


def test_host_of_the_setting_with_its_port() -> None:
    url = f"http://127.0.0.1:8099/api/v10/webhooks/5/{TOKEN}"
    assert parse_webhook_url(url, api_url=OWN).id == 5
    with pytest.raises(InvalidInput):
        parse_webhook_url(url, api_url=REAL)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://discord.com" + TAIL,
        "//discord.com" + TAIL,
        "https://discord.com.evil.example" + TAIL,
        "https://evil.example/discord.com" + TAIL,
        "https://discord.com@evil.example" + TAIL,
        "https://user:pass@discord.com" + TAIL,
        "https://@discord.com" + TAIL,
        "https://discord.com:443" + TAIL,
        "https://discord.com:8443" + TAIL,
        "https://discord.com:" + TAIL,
        "https://discord.com." + TAIL,
        "https://sub.discord.com" + TAIL,
        "https://xdiscord.com" + TAIL,
        "https://dіscord.com" + TAIL,
        "https://xn--dscord-q2a.com" + TAIL,
        "https://127.0.0.1" + TAIL,
        "https://[::1]" + TAIL,
        "https://[::1" + TAIL,
        "https://2130706433" + TAIL,
        "https://localhost" + TAIL,
        "http://127.0.0.1:8098/api/v10/webhooks/5/" + TOKEN,
        "https://127.0.0.1:8099/api/v10/webhooks/5/" + TOKEN,
        "http://x@127.0.0.1:8099/api/v10/webhooks/5/" + TOKEN,
        "https://discord.com/api/webhooks/../../users/@me",
        "https://discord.com/api/../api/webhooks/1/" + TOKEN,
        "https://discord.com/api/v10/../webhooks/1/" + TOKEN,
        "https://discord.com/other/webhooks/1/" + TOKEN,
        "https://discord.com//api/webhooks/1/" + TOKEN,
        "https://discord.com/api/webhooks/1/%2e%2e" + TOKEN,
        f"https://discord.com{TAIL}#",
        f"https://discord.com{TAIL}#x",
        f"https://discord.com{TAIL}?thread_id=1&thread_id=2",
        f"https://discord.com{TAIL}?thread_id=x",
        f"https://discord.com\\@evil.example{TAIL}",
        f"https://discord.com{TAIL} https://evil.example",
        f"https://discord.com/api/webhooks/1/{TOKEN}\nHost: evil",
        "https://discord.com/api/webhooks/١٢٣/" + TOKEN,
        "https://discord.com/api/webhooks/0/" + TOKEN,
        "https://discord.com/api/webhooks/12345678901234567890/" + TOKEN,
        "https://discord.com/api/webhooks/1/short",
        "https://discord.com/api/webhooks/1/" + "a" * 10_000,
        "https://discord.com/api/v10/channels/1/messages",
    ],
)
def test_everything_else_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_webhook_url(url, api_url=OWN)
    said = refusal.value.for_people()
    assert TOKEN not in said
    assert "evil" not in said


@given(st.text(max_size=80) | st.text(max_size=40).map(lambda text: f"https://discord.com/api/webhooks/{text}"))
def test_any_text_gives_a_webhook_of_the_known_hosts_or_a_typed_refusal(text: str) -> None:
    try:
        found = parse_webhook_url(text, api_url=REAL)
    except InvalidInput:
        return
    assert text.strip().lower().startswith("https://discord.com/api/webhooks/")
    assert found.id > 0


@given(
    st.integers(1, 10**19 - 1),
    st.from_regex(r"[A-Za-z0-9_-]{8,128}", fullmatch=True),
    st.none() | st.integers(1, 10**19 - 1),
    st.sampled_from([REAL, OWN]),
)
def test_written_urls_are_read_back(webhook_id: int, token: str, thread: int | None, api_url: str) -> None:
    made = Webhook(webhook_id, Secret(token), thread)
    assert parse_webhook_url(webhook_url(made, api_url=api_url).reveal(), api_url=api_url) == made
    assert "token=***" in repr(made)
