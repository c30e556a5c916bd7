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
from sessions.bot import texts
from sessions.models import LoginKind, LoginStep, TelegramSession
from sessions.services.login import LoginView
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


@pytest.mark.parametrize(
    ("line", "phone", "numbers"),
    [
        ("/registersession anon +88801234567", "+88801234567", (1, None)),
        ("/registersession anon +888 0123 4567", "+88801234567", (1, None)),
        ("/registersession ann +49 151 1234567 3 10", "+491511234567", (3, 10)),
        ('/registersession ann "\u202a+49\u00a0151\u00a01234567\u202c"', "+491511234567", (1, None)),
        ("/registersession ann +49 151/1234567", "+491511234567", (1, None)),
        ("\u200e/registersession ann +49151-1234567", "+491511234567", (1, None)),
    ],
)
async def test_b32_registersession_reads_a_number_in_every_spelling(
    person: People, line: str, phone: str, numbers: tuple[int, int | None]
) -> None:
    operator = person(OPERATOR)
    await operator.says(line)
    said = await operator.sees()
    assert "is registered" in said
    assert f"({phone[:3]}{'•' * (len(phone) - 5)}{phone[-2:]})" in said
    assert "No country" not in said
    session = await in_db(TelegramSession.objects.get)
    assert session.priority == numbers[0]
    if numbers[1]:
        assert session.max_pairs == numbers[1]


@pytest.mark.parametrize(
    "value", ["\u201cnight shift\u201d", "\u00abnight shift\u00bb", "\u201enight shift\u201c", '"night shift"']
)
async def test_b31_editsession_reads_quotes_of_every_language(person: People, value: str) -> None:
    await in_db(_session)
    operator = person(OPERATOR)
    await operator.says(f"/editsession main meta.team={value} priority=5")
    assert "was changed: priority 5" in await operator.sees()
    assert (await in_db(TelegramSession.objects.get)).metadata == {"team": "night shift"}
    await operator.says(f"/editsession main meta.team={value} priority=11")
    assert '<code>/editsession main meta.team="night shift" priority=10</code>' in await operator.sees()
    await operator.says("/editsession main meta.team=\u201cnight shift priority=5")
    assert "is never closed" in await operator.sees()
    assert "Perhaps" not in await operator.sees()


async def test_b31_a_curly_inch_sign_stays_text(person: People) -> None:
    await in_db(_session)
    await person(OPERATOR).says('/editsession main meta.note="5\u201d hose" priority=5')
    session = await in_db(TelegramSession.objects.get)
    assert (session.metadata, session.priority) == ({"note": "5\u201d hose"}, 5)


def test_b38_a_wrong_password_is_answered_with_the_other_door() -> None:
    state = LoginView(
        id=1,
        account="session.1",
        kind=LoginKind.CODE,
        step=LoginStep.PASSWORD_NEEDED,
        error="Wrong.",
        delivery="",
        code_length=None,
    )
    said = texts.password("main", 1, state).text
    assert "cuts blanks off the ends of messages" in said
    assert "<code>python manage.py session login main</code>" in said
