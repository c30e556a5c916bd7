"""What rooms get and may do: forwards and links, documents, work that goes on, errors that hold secrets."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from project.botkit.catalogue import assemble
from project.botkit.parts import Button, Call, Command, Dialogue, Press, Reply, Room
from project.core.errors import Conflict
from project.core.operators import Role
from tests.integration.bot.conftest import OPERATOR
from tests.integration.bot.fakes import FakeTelegram, Person, admin_bot

CHANNEL = {
    "type": "channel",
    "date": 1,
    "chat": {"id": -1000000000005, "type": "channel", "title": "c"},
    "message_id": 9,
}
HIDDEN = {"type": "hidden_user", "date": 1, "sender_user_name": "x"}
FILE = {"file_id": "f", "file_unique_id": "u", "file_name": "pairs.csv"}


class Probe:
    """A room that notes what it is given."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, str]]] = []
        self.begun = 0
        self.ended: list[str] = []
        self.go = asyncio.Event()

    def room(self) -> Room:
        def command(name: str, run: Any) -> Command:
            return Command(name, "", name, Role.OPERATOR, "Test", run)

        return Room(
            commands=(command("file", self._file), command("follow", self._follow), command("ask", self._ask)),
            presses=(Press("again", Role.OPERATOR, self._follow),),
            dialogues=(Dialogue("password", Role.OPERATOR, self._fail, secret=True),),
            on_message=self._hear,
        )

    async def _hear(self, call: Call) -> None:
        self.heard.append((call.text, dict(call.data)))

    async def _file(self, call: Call) -> None:
        content = await call.document()
        await call.reply(Reply("none" if content is None else content.decode()))

    async def _follow(self, call: Call) -> None:
        self.begun += 1
        turn = self.begun

        async def work() -> None:
            try:
                await self.go.wait()
            except asyncio.CancelledError:
                self.ended.append(f"{turn} replaced")
                raise
            raise Conflict(f"{turn} failed")

        await call.reply(Reply(f"following {turn}", ((Button("Again", "again"),),)))
        call.later(work)

    async def _ask(self, call: Call) -> None:
        await call.ask("password")

    async def _fail(self, call: Call) -> None:
        raise ValueError(f"wrong: {call.text}")


@pytest.fixture
def probe() -> Probe:
    return Probe()


@pytest.fixture
def operator(whitelist: None, telegram: FakeTelegram, probe: Probe) -> Person:
    return Person(admin_bot(assemble([probe.room()]), telegram), telegram, OPERATOR)


async def test_forwards_and_links_are_traced(operator: Person, probe: Probe) -> None:
    await operator.says("a post", forward_origin=CHANNEL)
    await operator.says("a word", forward_origin=HIDDEN)
    await operator.says("https://t.me/c/5/9")
    await operator.says("https://t.me/c/5/\0\ud800")
    await operator.says("just talk")
    assert probe.heard == [
        ("a post", {"forward_chat": "-1000000000005", "forward_message": "9"}),
        ("a word", {"forwarded": "yes"}),
        ("https://t.me/c/5/9", {}),
        ("https://t.me/c/5/�?", {}),  # what no table takes
    ]
    assert "/help" in await operator.sees()


async def test_a_file_comes_with_its_command_up_to_a_limit(operator: Person) -> None:
    await operator.says("/file")
    assert await operator.sees() == "none"
    await operator.says("", caption="/file", document={**FILE, "file_size": 2 * 1024 * 1024})
    assert "larger than 1 MiB" in await operator.sees()


async def test_work_goes_on_once_per_message_and_its_errors_are_told(
    operator: Person, telegram: FakeTelegram, probe: Probe
) -> None:
    """A second deletion or import does not end the first one; a button pressed twice follows once."""
    await operator.says("/follow")
    await operator.says("/follow")
    await operator.press("Again")
    await operator.press("Again")
    await asyncio.sleep(0)
    probe.go.set()
    async with asyncio.timeout(30):
        while any("following" in text for text in telegram.texts(OPERATOR)):
            await asyncio.sleep(0.01)
    assert any("1 failed" in text for text in telegram.texts(OPERATOR))
    assert probe.ended == ["3 replaced"]


async def test_an_error_about_a_secret_is_logged_without_it(
    operator: Person, telegram: FakeTelegram, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    await operator.says("/ask")
    own = await operator.says("correct horse battery")
    said = await operator.sees()
    logged = "".join(capfd.readouterr()) + caplog.text
    incident = said.partition("<code>")[2].partition("<")[0]
    assert incident in logged
    assert "correct horse" not in logged + said
    assert [call.message_id for call in telegram.named("DeleteMessage")] == [own]


async def test_a_password_that_looks_like_a_command_is_a_password(operator: Person, telegram: FakeTelegram) -> None:
    await operator.says("/ask")
    own = await operator.says("/horse7 staple")
    assert "horse7" not in "".join(telegram.texts(OPERATOR))
    assert [call.message_id for call in telegram.named("DeleteMessage")] == [own]
    await operator.says("/file")
    assert await operator.sees() == "none"
