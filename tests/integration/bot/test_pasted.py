"""What operators paste into the bot: understood in every spelling, or refused exactly; secrets are deleted."""

from __future__ import annotations

from typing import Any

import pytest

from pairs.bot import addpair
from pairs.domain.requests import PairWish
from pairs.models import Pair
from pairs.services import access, finding
from project.core.errors import Conflict, NotFound
from project.telegram.values import ChatInfo, ChatSight
from sessions.models import TelegramSession
from sessions.services.lookups import Looked
from tests.integration.bot.conftest import OPERATOR, OWNER, People
from tests.integration.bot.fakes import FakeTelegram, in_db
from tests.unit.pasted.test_channels import CHANNEL, SPELLINGS
from tests.unit.pasted.test_webhooks import REFUSED, TAKEN, TOKEN


@pytest.fixture
def wishes(monkeypatch: pytest.MonkeyPatch) -> list[PairWish]:
    """What /addpair hands to its service, which does nothing here."""
    seen: list[PairWish] = []

    def add(*, actor: str, wish: PairWish) -> Any:
        seen.append(wish)
        raise Conflict("Enough.")

    monkeypatch.setattr(addpair, "add_wished", add)
    return seen


@pytest.mark.parametrize(
    ("text", "chat"),
    [
        ("-1010000000000", "-1010000000000"),
        ("-1997852516352", "-1997852516352"),
        ("-1620198712", "-1620198712"),
        ("\u22121001234567890", "-1001234567890"),
        ("\u20131001234567890", "-1001234567890"),
        ("\uff20harbour_demo", "@harbour_demo"),
        ("https://web.telegram.org/k/#-1001234567890", "-1001234567890"),
    ],
)
async def test_b26_addpair_reads_every_spelling_of_a_chat(
    person: People, wishes: list[PairWish], text: str, chat: str
) -> None:
    await person(OPERATOR).says(f"/addpair {text} {CHANNEL} @copy_demo")
    assert [wish.source for wish in wishes] == [chat]


async def test_b26_a_group_that_is_a_channel_elsewhere_is_told_so(
    person: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(account: str, reference: str) -> ChatInfo:
        raise NotFound("The account never met this chat.")

    def look(asked: Any) -> dict[str, Looked]:
        return {
            account: Looked({chat: ChatSight(chat, "unknown", can_post=False) for chat in chats})
            for account, chats in asked.items()
        }

    monkeypatch.setattr(finding, "look_up_chat", look_up)
    monkeypatch.setattr(access, "look_at_chats", look)
    monkeypatch.setattr("pairs.services.adding.find_target", lambda reference: None)
    await in_db(_session)
    operator = person(OPERATOR)
    await operator.says(f"/addpair -1620198712 {CHANNEL} @copy_demo")
    assert "No session can read -1620198712" in await operator.sees()
    assert "-100" not in await operator.sees(), "nobody knows a channel of that number"
    await in_db(Pair.objects.create, source_chat=1620198712, discord_channel=1, destination_chat=2)
    await operator.says(f"/addpair -1620198712 {CHANNEL} @copy_demo")
    assert "channels have -100 before the number, -1001620198712" in await operator.sees()


def _session() -> None:
    TelegramSession.objects.create(
        name="main", phone_sealed=b"", phone_hint="", device={}, lifecycle="active", health="healthy"
    )


@pytest.mark.parametrize("text", SPELLINGS)
async def test_b30_addpair_reads_every_spelling_of_a_channel(person: People, wishes: list[PairWish], text: str) -> None:
    await person(OPERATOR).says(f"/addpair @harbour_demo {text} @copy_demo")
    assert [wish.discord.reveal() for wish in wishes] == [str(CHANNEL)]


async def test_b30_a_channels_name_is_answered_with_how_to_copy_its_id(person: People, wishes: list[PairWish]) -> None:
    operator = person(OPERATOR)
    await operator.says("/addpair @harbour_demo #news @copy_demo")
    assert "'#news' is a channel's name" in await operator.sees()
    assert "Copy Channel ID" in await operator.sees()
    assert not wishes


@pytest.mark.parametrize("command", ["/addpair @harbour_demo {} @copy_demo", "/editpair 3 discord={}", "{}"])
@pytest.mark.parametrize("url", [*TAKEN, *(url for url, _ in REFUSED)])
async def test_b34_a_webhook_is_deleted_from_the_chat_and_stands_in_no_answer(
    person: People,
    telegram: FakeTelegram,
    wishes: list[PairWish],
    caplog: pytest.LogCaptureFixture,
    command: str,
    url: str,
) -> None:
    operator = person(OWNER)
    typed = await operator.says(command.format(url))
    assert [call.message_id for call in telegram.named("DeleteMessage")] == [typed]  # type: ignore[attr-defined]
    assert TOKEN[:8] not in "\n".join([*telegram.texts(OWNER), caplog.text])
    if url in TAKEN and command.startswith("/addpair"):
        assert [TOKEN in wish.discord.reveal() for wish in wishes] == [True]


async def test_b34_a_webhook_behind_the_words_of_a_link_is_deleted(person: People, telegram: FakeTelegram) -> None:
    entity = {"type": "text_link", "offset": 0, "length": 4, "url": TAKEN[0]}
    typed = await person(OPERATOR).says("hook", entities=[entity])
    assert [call.message_id for call in telegram.named("DeleteMessage")] == [typed]  # type: ignore[attr-defined]
