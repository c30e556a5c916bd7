"""A worker that reads nothing for a while has a full pipe: what it was told meanwhile is made up for."""

from __future__ import annotations

import socket

import pytest

from tests.integration.races.fleet import ACCOUNT, Stage
from workers.node import wire


@pytest.fixture
async def stage() -> Stage:
    return Stage()


def _words(end: socket.socket) -> list[bytes]:
    words = []
    while True:
        try:
            words.append(end.recv(wire.PACKET))
        except BlockingIOError:
            return words


async def test_news_pass_through(stage: Stage) -> None:
    stage.fleet.tell(ACCOUNT, "17")
    stage.fleet.tell("session.2", "18")
    stage.fleet.judge()
    assert _words(stage.zygote.ends[0]) == [b"news 17"]


async def test_lost_news_become_a_wake_up_once_there_is_room(stage: Stage) -> None:
    for number in range(10_000):
        stage.fleet.tell(ACCOUNT, str(number))
    stage.fleet.judge()  # still full
    heard = _words(stage.zygote.ends[0])
    assert 0 < len(heard) < 10_000
    assert wire.WAKE not in heard
    stage.fleet.judge()
    stage.fleet.judge()
    assert _words(stage.zygote.ends[0]) == [wire.WAKE], "once"
