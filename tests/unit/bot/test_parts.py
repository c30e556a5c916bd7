"""Buttons' data, throttling, counting of the ignored, times, pages, confirmations: tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project.bot.commands.start import checklist
from project.botkit.catalogue import assemble
from project.botkit.confirmations import Confirmations, Refused, Waiting
from project.botkit.pages import Page, page_buttons
from project.botkit.parts import Button, Command, Press, Room, Step
from project.botkit.problems import problem_text
from project.botkit.tally import HOUR, Tally
from project.botkit.throttle import Throttle, Verdict
from project.botkit.times import ago, span
from project.botkit.wire import LIMIT, Pressed, pack, pack_cancel, pack_confirm, unpack
from project.core.errors import Conflict, ManyProblems
from project.core.operators import Role

NOW = datetime(2026, 1, 2, tzinfo=UTC)


async def nothing(_: object) -> None:
    return


@given(
    st.from_regex(r"\A[a-z.]{1,12}\Z"),
    st.lists(st.text(max_size=8).filter(lambda text: "|" not in text), max_size=4),
)
def test_what_a_button_carries_comes_back(act: str, args: list[str]) -> None:
    try:
        data = pack(Button("x", act, tuple(args)))
    except (ValueError, UnicodeEncodeError):
        return
    assert len(data.encode()) <= LIMIT
    assert unpack(data) == Pressed(act, tuple(args))


@pytest.mark.parametrize("button", [Button("x", "a", ("b" * 64,)), Button("x", "a", ("1|2",)), Button("x", "!a")])
def test_what_does_not_fit_a_button_is_a_mistake_of_ours(button: Button) -> None:
    with pytest.raises(ValueError, match="carries"):
        pack(button)


def test_tokens_are_no_acts() -> None:
    assert unpack(pack_confirm("t")) == Pressed(token="t", agreed=True)
    assert unpack(pack_cancel("t")) == Pressed(token="t", agreed=False)


def test_throttle_counts_each_person_and_says_so_once() -> None:
    throttle = Throttle(most=2, seconds=10)
    asked = [throttle.ask(1, at) for at in (0.0, 1.0, 2.0, 3.0)]
    assert asked == [Verdict.GO, Verdict.GO, Verdict.SAY, Verdict.DROP]
    assert throttle.ask(2, 3.0) is Verdict.GO
    assert throttle.ask(1, 10.0) is Verdict.GO
    assert throttle.ask(1, 10.5) is Verdict.SAY


def test_tally_tells_at_once_and_then_once_an_hour() -> None:
    tally = Tally()
    assert tally.note("stranger", 5, 0.0) is not None
    assert [tally.note("stranger", user, 1.0) for user in (5, 5, 6)] == [None, None, None]
    assert tally.due(HOUR - 1) == []
    (told,) = tally.due(HOUR)
    assert (told.count, told.users) == (3, (5, 6))
    assert tally.due(2 * HOUR) == []  # quiet for an hour
    assert tally.note("stranger", 7, 2 * HOUR + 1) is not None
    tally.note("stranger", 7, 2 * HOUR + 2)
    assert [one.count for one in tally.rest(2 * HOUR + 3)] == [1]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (7500, "2 h 5 min"),
        (86400, "1 d"),
        (97200, "1 d 3 h"),
    ],
)
def test_spans(seconds: float, text: str) -> None:
    assert span(seconds) == text


@pytest.mark.parametrize(("back", "text"), [(None, "never"), (2, "just now"), (180, "3 min ago"), (-120, "in 2 min")])
def test_relative_times(back: int | None, text: str) -> None:
    assert ago(None if back is None else NOW - timedelta(seconds=back), NOW) == text


def test_a_page_leads_to_those_beside_it_only() -> None:
    last, middle, only = Page([20], 3, 3, 25), Page([10], 2, 3, 25), Page([], 1, 1, 0)
    assert [button.text for button in page_buttons("a", last, "x")] == ["◀", "🔄"]
    assert [button.args for button in page_buttons("a", middle)] == [("1",), ("2",), ("3",)]
    assert [button.text for button in page_buttons("a", only)] == ["🔄"]


def test_confirmations_are_bound_and_forgotten() -> None:
    kept = Confirmations()
    kept.put("t", Waiting(1, NOW, 10, "act", ("a",), 0.0))
    assert kept.take("t", user_id=2, since=NOW, chat_id=10, now=1) is Refused.FOREIGN
    assert kept.take("t", user_id=1, since=NOW, chat_id=11, now=1) is Refused.FOREIGN
    assert isinstance(kept.take("t", user_id=1, since=NOW, chat_id=10, now=59.9), Waiting)
    assert kept.take("t", user_id=1, since=NOW, chat_id=10, now=59.9) is Refused.ANSWERED
    kept.put("u", Waiting(1, NOW, 10, "act", (), 0.0))
    assert kept.take("u", user_id=1, since=NOW + timedelta(1), chat_id=10, now=1) is Refused.FOREIGN
    kept.put("v", Waiting(1, NOW, 10, "act", (), 0.0))
    assert kept.take("v", user_id=1, since=NOW, chat_id=10, now=60) is Refused.EXPIRED
    kept.put("w", Waiting(1, NOW, 10, "act", (), 0.0))
    assert kept.drop(1) == 1
    assert kept.take("w", user_id=1, since=NOW, chat_id=10, now=1) is Refused.GONE


def test_problems_come_all_at_once_with_usage_and_correction() -> None:
    command = Command("add", "<name> [n]", "adds", Role.VIEWER, "s", nothing)
    text = problem_text(ManyProblems(("No <name>.", "n is too big."), correction="/add a 1"), command)
    assert text.splitlines() == [
        "❌ Several things are wrong:",
        "• No &lt;name&gt;.",
        "• n is too big.",
        "Usage: <code>/add &lt;name&gt; [n]</code>",
        "Perhaps: <code>/add a 1</code>",
    ]
    assert problem_text(Conflict("It is full.", hint="Raise it."), command) == "❌ It is full.\n→ Raise it."


def test_a_name_declared_twice_is_refused() -> None:
    room = Room(presses=(Press("a", Role.VIEWER, nothing),))
    with pytest.raises(ValueError, match="twice"):
        assemble([room, room])


@pytest.mark.parametrize("allowed", [True, False])
def test_the_checklist_has_exactly_one_button(allowed: bool) -> None:
    steps = [
        Step(2, "second", done=False, todo="do it", button=Button("Do", "do")),
        Step(3, "third", done=False, button=Button("Third", "third")),
        Step(1, "first", done=True),
    ]
    reply = checklist(steps, may=lambda button: allowed)
    assert [button.text for row in reply.rows for button in row] == (["Do"] if allowed else ["🔄 Done? Look again"])
    assert reply.text.index("✅ first") < reply.text.index("👉 <b>second</b>") < reply.text.index("⬜ third")
    assert len(checklist([Step(1, "x", done=True)], may=lambda button: True).rows) == 1
