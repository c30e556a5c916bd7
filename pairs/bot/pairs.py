"""/pairs: the list, a page at a time, and one pair with its buttons."""

from __future__ import annotations

import re
from datetime import datetime

from pairs.bot.texts import ICONS, buttons, details, line
from pairs.models import Delivery, HopState, Pair, PairStatus
from pairs.services.joining import join_source
from pairs.services.registry import PairPage, PairView, find_pair, search_pairs, view
from project.botkit.pages import PER_PAGE, page_from
from project.botkit.parts import ID, PAGE_NUMBER, Button, Call, Command, Press, Reply, Room, Step, bold, copyable, plain
from project.core.clock import database_now
from project.core.operators import Role

_FILTER = 40  # bytes of a filter that a button can carry
_NUMBER = re.compile(r"#[0-9]{1,18}")


async def _run(call: Call) -> None:
    words = call.text.split()
    if len(words) == 1 and _NUMBER.fullmatch(words[0]):
        await show(call, int(words[0][1:]))
        return
    await _list(call, call.text.strip(), 1)


async def _turn(call: Call) -> None:
    """A page of the list: the arguments are the page and the filter."""
    number, *words = call.words
    await _list(call, " ".join(words), page_from(number))


async def _list(call: Call, text: str, number: int) -> None:
    found = await call.do(search_pairs, text, offset=(number - 1) * PER_PAGE, limit=PER_PAGE)
    if not found.pairs and number > 1:
        await _list(call, text, 1)
        return
    await call.reply(_page(found, text, number, await call.do(database_now)))


def _page(found: PairPage, text: str, number: int, now: datetime) -> Reply:
    if not found.total:
        if text:
            return Reply(f"No pair matches {copyable(text[:60])}.", ((Button("All pairs", PAGE.act, ("1",)),),))
        return Reply("There is no pair yet.", ((Button("➕ Add a pair", "padd"),),))
    pages = -(-found.total // PER_PAGE)
    heading = f"{bold(f'{found.total} pairs' if found.total > 1 else '1 pair')}"
    heading += f" matching {copyable(text[:60])}" if text else ""
    heading += f", page {number} of {pages}" if pages > 1 else ""
    rows = _each(found.pairs)
    return Reply(
        "\n".join([heading, "", *(line(pair, now) for pair in found.pairs)]), (*rows, _turns(text, number, pages))
    )


def _each(pairs: tuple[PairView, ...]) -> tuple[tuple[Button, ...], ...]:
    row = [Button(f"{ICONS.get(PairStatus(one.status), '⚪')} {one.id}", SHOW.act, (str(one.id),)) for one in pairs]
    return tuple(tuple(row[start : start + 5]) for start in range(0, len(row), 5))


def _turns(text: str, number: int, pages: int) -> tuple[Button, ...]:
    words = _carried(text)
    back = (Button("◀", PAGE.act, (str(number - 1), *words)),) if number > 1 else ()
    on = (Button("▶", PAGE.act, (str(number + 1), *words)),) if number < pages else ()
    return (*back, Button("🔄", PAGE.act, (str(number), *words)), *on)


def _carried(text: str) -> tuple[str, ...]:
    """As much of a filter as a button can hold: whole words."""
    words: list[str] = []
    for word in text.replace("|", " ").split():
        if len(" ".join([*words, word]).encode()) > _FILTER:
            break
        words.append(word)
    return tuple(words)


async def show(call: Call, pair_id: int, note: str = "") -> None:
    """One pair with its buttons, below a sentence about what was just done."""
    pair = await call.do(lambda: view(find_pair(pair_id)))
    text = details(pair, await call.do(database_now))
    await call.reply(Reply(f"{plain(note)}\n\n{text}" if note else text, buttons(pair)))


async def _show(call: Call) -> None:
    await show(call, int(call.words[0]))


async def _join(call: Call) -> None:
    pair_id = int(call.words[0])
    joined = await call.do(join_source, actor=call.actor, pair_id=pair_id)
    await show(call, pair_id, str(joined))


def first_pair() -> Step:
    """Is anything relayed?"""
    living = Pair.living()
    return Step(
        order=50,
        title="First pair",
        done=living.exists(),
        todo="A source, a Discord channel and a destination: /addpair",
        button=Button("➕ Add a pair", "padd"),
    )


def first_message() -> Step:
    """Has anything gone all the way?"""
    living = Pair.living().order_by("pk")
    first = living.values_list("pk", flat=True).first()
    done = Delivery.objects.filter(hop=2, state=HopState.SENT).exists()
    number = str(first or "")
    return Step(
        order=60,
        title="Test message",
        done=done,
        todo=f"/testpair {number} looks at everything; then post something in the source." if first else "",
        button=Button("🔍 Test the pair", "ptest", (number,)) if first else None,
    )


SHOW = Press("pshow", Role.VIEWER, _show, ID)
JOIN = Press("pjoin", Role.OPERATOR, _join, ID)
PAGE = Press("plist", Role.VIEWER, _turn, rf"{PAGE_NUMBER}(\|[^|]*)*")
COMMAND = Command(
    name="pairs",
    arguments="[text]",
    summary="All pairs, or those that match",
    role=Role.VIEWER,
    section="Pairs",
    run=_run,
    details=(
        "The text is looked for in the chats' names and ids, in the session's and sender's names and in the status; "
        "several words must all match. Below the list each pair has a button; /pairs #7 shows pair 7 at once."
    ),
    examples=("/pairs", "/pairs news paused", "/pairs #7"),
)
PART = Room(commands=(COMMAND,), presses=(SHOW, PAGE, JOIN), checklist=(first_pair, first_message))
