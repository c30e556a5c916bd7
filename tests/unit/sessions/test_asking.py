"""A question about a secret is open before anybody can see it: people answer at once."""

from __future__ import annotations

from typing import Any, cast

import pytest

from project.botkit.parts import Call, Reply
from sessions.bot import following
from sessions.bot.asking import ask_secret
from sessions.models import LoginStep, TelegramSession
from sessions.services.login import LoginView


class Chat:
    """Which dialogue is open whenever something is shown."""

    def __init__(self) -> None:
        self.open = ""
        self.shown: list[str] = []

    async def ask(self, dialogue: str, **data: str) -> None:
        assert data["account"] == "session.1"
        self.open = dialogue

    async def reply(self, reply: Reply) -> None:
        self.shown.append(self.open)

    async def do(self, service: Any, *args: Any) -> int:
        return 0


async def test_the_dialogue_is_open_when_the_question_is_shown() -> None:
    chat = Chat()
    await ask_secret(cast("Call", chat), "login.code", Reply("Which code?"), account="session.1")
    assert chat.shown == ["login.code"]


@pytest.mark.parametrize(
    ("step", "dialogue"),
    [(LoginStep.CODE_SENT, following.CODE_DIALOGUE), (LoginStep.PASSWORD_NEEDED, following.PASSWORD_DIALOGUE)],
)
async def test_a_code_typed_at_once_is_taken_for_one(
    step: LoginStep, dialogue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following.texts, "keypad", lambda *_: Reply("Which code?"))
    monkeypatch.setattr(following.texts, "password", lambda *_: Reply("Which password?"))
    session = TelegramSession(pk=1, name="main")
    chat = Chat()
    state = cast("LoginView", type("State", (), {"step": step}))
    await following.show(cast("Call", chat), session, state)
    assert chat.shown == [dialogue]
