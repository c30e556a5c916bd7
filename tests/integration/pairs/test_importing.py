"""A file of pairs against the tables, and carrying it out: what fails stops nothing, what is stopped says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest
from django.db.models import F

from pairs.domain.imports import PairLine
from pairs.models import Assignment, Pair
from pairs.services import access, finding, imports
from pairs.services.finding import find_reader
from pairs.services.import_plan import Entry, ImportPlan, What, plan_import
from pairs.services.imports import Run, begin_import
from pairs.services.interrupted import SILENT, end_interrupted
from pairs.services.progress import look_at_all
from project.core import operations
from project.core.errors import Conflict, InvalidInput, NotFound
from project.core.models import Notice, Operation
from project.core.operators import Role
from project.core.secret import Secret
from project.core.stopping import StopAsked
from project.core.whitelist import add_operator
from project.doors import pairfiles
from project.telegram.values import ChatInfo, ChatSight
from sessions.models import TelegramSession
from sessions.services.lookups import Looked, NoSuchName

pytestmark = pytest.mark.django_db

URL = Secret("https://discord.com/api/webhooks/123456789012345678/" + "t" * 68)


@pytest.fixture
def pair() -> Pair:
    session = TelegramSession.objects.create(
        name="main", phone_sealed=b"", phone_hint="", device={}, lifecycle="active", health="expired"
    )
    made = Pair.objects.create(
        source_chat=10,
        source_username="News",
        discord_channel=20,
        destination_chat=30,
        destination_username="News_copy",
    )
    Assignment.objects.create(pair=made, session=session)
    return made


def line(**values: object) -> PairLine:
    given = {"source": "-1000000000010", "destination": "-1000000000030", "discord": 20, "line": 2} | values
    return PairLine(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "what", "about"),
    [
        ({}, What.UNCHANGED, ""),
        ({"source": "@news"}, What.UNCHANGED, ""),
        ({"source": "@news", "destination": "@news_Copy"}, What.UNCHANGED, ""),
        ({"session": "MAIN", "sender": "session"}, What.UNCHANGED, ""),
        ({"options": (("protected", "reupload"),)}, What.CHANGED, "protected: - → reupload"),
        ({"webhook": URL}, What.CHANGED, "another webhook"),
        ({"webhook": Secret("https://evil.example/webhooks/1/tttttttttt")}, What.CONFLICT, "not the address"),
        ({"webhook_id": 5}, What.CONFLICT, "needs its URL"),
        ({"sender": "@nobody_bot"}, What.CONFLICT, "no sender bot"),
        ({"session": "nobody"}, What.CONFLICT, "no session 'nobody'"),
        ({"destination": "-1000000000031"}, What.NEW, ""),
        ({"source": "@unknown_chat", "discord": None, "webhook": URL}, What.NEW, "@unknown_chat: looked up when"),
        ({"destination": "-1000000000031", "webhook_id": 5}, What.CONFLICT, "needs its URL"),
    ],
)
def test_what_a_line_means(pair: Pair, given: dict[str, object], what: What, about: str) -> None:
    (entry,) = plan_import([line(**given)]).entries
    assert entry.what is what
    assert about in " ".join(entry.about)
    assert "tttt" not in " ".join(entry.about)


def test_a_route_changed_in_an_exported_file_names_the_way_to_change_the_pair(pair: Pair) -> None:
    Pair.objects.update(webhook_id=5, webhook_sealed=b"x")
    (entry,) = plan_import([line(destination="-1000000000031", webhook_id=5)]).entries
    assert entry.what is What.CONFLICT
    assert "another route is another pair" in entry.about[0]
    assert f"/editpair {pair.pk}" in entry.about[0]


def test_a_line_that_fails_stops_nothing_and_a_stop_is_heeded(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    work = [Entry(line(line=number), What.NEW) for number in range(2, 7)]

    def carry_out(*, actor: str, entry: Entry) -> str:
        if entry.line.line == 3:
            raise Conflict("It exists already.")
        return ""

    monkeypatch.setattr(imports, "carry_out", carry_out)
    run = Run("me", begin_import(actor="me", work=work), work)
    for _ in range(3):
        assert run.step()
    look_at_all()  # control's round ends moves, not this
    assert operations.find_operation(run.operation.id).running
    assert (run.done, run.problems) == (2, ["Line 3: It exists already."])
    operations.stop(run.operation.id, actor="me")
    assert run.step(), "the line under way is finished"
    assert not run.step()
    assert (run.operation.state, run.operation.note) == ("stopped", "1 line was not begun.")


def test_an_import_whose_program_died_is_ended_and_told_once(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    add_operator(actor="test", user_id=77, role=Role.OPERATOR, name="Ada")
    work = [Entry(line(line=number), What.NEW) for number in (2, 3, 4, 6)]
    monkeypatch.setattr(imports, "carry_out", lambda **_: "")
    run = Run("bot:77", begin_import(actor="bot:77", work=work), work)
    assert run.step()
    assert end_interrupted() == 0, "a line may take its time"
    assert end_interrupted(actors="admin:", silent=timedelta()) == 0
    Operation.objects.update(heard_at=F("heard_at") - SILENT)
    assert (end_interrupted(), end_interrupted()) == (1, 0)
    told = Notice.objects.get().text
    assert "Import of 4 pairs, asked for by Ada, was interrupted" in told
    assert "1 of 4 lines were carried out" in told
    assert "Line 3 was under way" in told
    assert "Not begun: lines 4,6." in told
    assert "/importpairs" in told
    assert run.step(), "a program that lives after all ends its line"
    assert not run.step(), "and does not go on"
    assert (run.done, run.operation.state) == (2, "failed")


def test_ctrl_c_at_the_command_line_tells_at_once_what_is_left(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = ImportPlan(tuple(Entry(line(line=number), What.NEW) for number in (2, 3, 4)))
    said: list[str] = []

    def interrupted(*, entry: Entry, **_: object) -> str:
        if entry.line.line == 3:
            raise StopAsked
        raise InvalidInput("No such chat.")

    monkeypatch.setattr(imports, "carry_out", interrupted)
    with pytest.raises(StopAsked):
        pairfiles.carry_out(plan, actor="cli:me", say=said.append)
    assert said[0] == "1 of 3"
    assert "0 of 3 lines were carried out, 1 refused" in said[1]
    assert "Line 3 was under way" in said[1]
    assert said[2:] == ["Line 2: No such chat."]
    assert Notice.objects.get().text == said[1]
    assert Operation.objects.get().state == "failed"
    assert end_interrupted(silent=timedelta()) == 0, "it is told once"


def test_what_the_bot_began_is_ended_when_it_starts_anew(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "carry_out", lambda **_: "")
    runs = [Run(actor, begin_import(actor=actor, work=[Entry(line(), What.NEW)]), ()) for actor in ("bot:7", "cli:me")]
    assert end_interrupted(actors="bot:", silent=timedelta()) == 1
    assert [operations.find_operation(run.operation.id).running for run in runs] == [False, True]


def sessions(names: str) -> None:
    for name in names:
        TelegramSession.objects.create(
            name=name, phone_sealed=b"", phone_hint="", device={}, lifecycle="active", health="healthy"
        )


def test_a_name_that_nobody_has_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions("abc")
    asked = []

    def nobody(account: str, reference: str) -> ChatInfo:
        asked.append(account)
        raise NoSuchName(f"Nobody has the name {reference} on Telegram.")

    monkeypatch.setattr(finding, "look_up_chat", nobody)
    with pytest.raises(NoSuchName):
        find_reader("@nobody_there")
    assert len(asked) == 1


def test_of_many_sessions_the_only_member_is_found_and_none_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions("abcdefgh")
    member = f"session.{TelegramSession.objects.get(name='g').pk}"

    def look(asked: Mapping[str, Sequence[int]]) -> dict[str, Looked]:
        def seen(account: str, chat: int) -> ChatSight:
            return ChatSight(chat, "member" if account == member and chat == 99 else "unknown", can_post=False)

        return {account: Looked({chat: seen(account, chat) for chat in chats}) for account, chats in asked.items()}

    def look_up(account: str, reference: str) -> ChatInfo:
        return ChatInfo(99, "News", "", is_broadcast=True, protected=False, can_post=False, top_message_id=1)

    monkeypatch.setattr(access, "look_at_chats", look)
    monkeypatch.setattr(finding, "look_up_chat", look_up)
    assert find_reader("-1000000000099").session.name == "g"
    with pytest.raises(NotFound, match="of 8 sessions that could take the pair none is a member"):
        find_reader("-1000000000098")
