"""Reading updates: in order for each person, one who is slow holds up nobody, and nothing ends it but the token."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import pytest
from aiogram.exceptions import ClientDecodeError, TelegramConflictError, TelegramNetworkError, TelegramUnauthorizedError
from aiogram.methods import TelegramMethod
from aiogram.types import Update

from project.botkit.bot import make_bot
from project.botkit.polling import Polling
from project.core.errors import AccountDead
from project.core.secret import Secret
from tests.integration.bot.fakes import TOKEN, FakeTelegram


class Feed(FakeTelegram):
    """Gives updates once each, then refuses the token, so that the test ends."""

    def __init__(self, *people: int) -> None:
        super().__init__()
        self.refusals: list[type[Exception]] = []
        self._updates = [_message(number, person) for number, person in enumerate(people, start=1)]
        self.read = asyncio.Event()
        self.garbled: Any = None

    async def make_request(self, bot: Any, method: TelegramMethod[Any], timeout: int | None = None) -> Any:
        if type(method).__name__ != "GetUpdates":
            return True
        self.calls.append(method)
        if self.refusals:
            raise self.refusals.pop()(method=method, message="x")  # type: ignore[call-arg]
        if self.garbled:
            data, self.garbled = self.garbled, None
            raise ClientDecodeError("Failed to deserialize object", ValueError(), data)
        if self._updates:
            given, self._updates = self._updates, []
            return given
        await self.read.wait()
        raise TelegramUnauthorizedError(method=method, message="Unauthorized")


def _message(number: int, person: int) -> Update:
    body = {
        "message_id": number,
        "date": 1,
        "text": str(number),
        "chat": {"id": person, "type": "private"},
        "from": {"id": person, "is_bot": False, "first_name": "x"},
    }
    return Update.model_validate({"update_id": number, "message": body})


async def run(feed: Feed, arrive: Any) -> None:
    with suppress(AccountDead):
        await Polling(make_bot(Secret(TOKEN), "http://localhost", session=feed), arrive, pause=0.0).run()


async def test_one_person_s_updates_keep_their_order_and_others_go_on() -> None:
    feed, done, go = Feed(7, 7, 8), list[int](), asyncio.Event()

    def arrive(update: Update) -> Coroutine[Any, Any, None]:
        async def work() -> None:
            if update.update_id == 1:
                await go.wait()
            done.append(update.update_id)
            if len(done) == 1:
                go.set()
            if len(done) == 3:
                feed.read.set()

        return work()

    async with asyncio.timeout(30):
        await run(feed, arrive)
    assert done == [3, 1, 2]
    assert [getattr(call, "offset", None) for call in feed.calls] == [None, 4, 4]


async def test_lost_connections_and_other_readers_are_waited_out() -> None:
    feed, seen = Feed(7), list[int]()
    feed.refusals = [TelegramNetworkError, TelegramConflictError, TelegramNetworkError]

    def arrive(update: Update) -> None:
        seen.append(update.update_id)
        feed.read.set()

    async with asyncio.timeout(30):
        await run(feed, arrive)
    assert seen == [1]


async def test_a_failed_update_does_not_end_the_bot(caplog: pytest.LogCaptureFixture) -> None:
    feed, done = Feed(7, 7), list[int]()

    def arrive(update: Update) -> Coroutine[Any, Any, None]:
        async def work() -> None:
            if update.update_id == 1:
                raise ValueError("boom")
            done.append(update.update_id)
            feed.read.set()

        return work()

    async with asyncio.timeout(30):
        await run(feed, arrive)
    assert done == [2]


async def test_an_update_of_an_unknown_kind_holds_up_no_other() -> None:
    """As when Telegram adds a kind of forwarding: the answer as a whole cannot be read then."""
    feed, seen = Feed(), list[int]()
    good = _message(1, 7).model_dump(mode="json", exclude_none=True, by_alias=True)
    bad = {**good, "update_id": 2, "message": {**good["message"], "forward_origin": {"type": "new", "date": 1}}}
    feed.garbled = {"ok": True, "result": [good, bad]}

    def arrive(update: Update) -> None:
        seen.append(update.update_id)

    feed.read.set()
    async with asyncio.timeout(30):
        await run(feed, arrive)
    feed.garbled = {"ok": True, "result": [bad]}
    polling = Polling(make_bot(Secret(TOKEN), "http://localhost", session=feed), arrive, pause=0.0)
    with suppress(AccountDead):
        await polling.run()
    assert seen == [1]
    assert polling._offset == 3
