"""What happens in the demo, and when. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LAP = 15  # messages of a route after which its edits, deletes and replies come again
EDITED, DELETED, ANSWERED = 4, 6, 3  # which message of a lap
REPLY, EDIT, DELETE = 5, 8, 10  # after which message of a lap it happens
SAYINGS = (6, 11)  # when somebody on Discord says something
PHOTO, DOCUMENT = 12, 13
BEAT = 0.2  # seconds between two messages
SLOW_BEAT = 0.4  # beyond what a bot may post into one group in a row (20 a minute)
SHORT = 17  # messages of a route that fit the fast beat

LINES = (
    "The ferry leaves ten minutes late",
    "Fresh bread at the corner shop",
    "Rain is expected before noon",
    "The bridge opens at six",
    "Two herons on the east bank",
    "Knight takes on f7, and it holds",
    "Signal is clear on forty metres",
    "A new recipe: lentils, lemon, mint",
)


class What(StrEnum):
    """One step's kind."""

    POST = "post"
    REPLY = "reply"
    EDIT = "edit"
    DELETE = "delete"
    SAY = "say"  # a person on Discord


@dataclass(frozen=True, slots=True)
class Step:
    """`number` marks the message; `target` is the marked message it answers, edits or deletes. `at` is in seconds."""

    at: float
    what: What
    route: int
    number: int
    text: str = ""
    target: int = 0
    file: str = ""


def script(messages: int, routes: int) -> list[Step]:
    """`messages` posts at the sources, spread evenly, with what belongs to them; ordered by time."""
    beat = BEAT if messages / routes <= SHORT else SLOW_BEAT
    steps: list[Step] = []
    said = messages
    for index in range(messages):
        route, turn = index % routes, index // routes
        at, place, base = index * beat, turn % LAP + 1, (turn // LAP) * LAP
        number = index + 1
        steps.append(_message(at, route, number, place, _marked(base + ANSWERED, route, routes)))
        for what, when, target in ((What.EDIT, EDIT, EDITED), (What.DELETE, DELETE, DELETED)):
            if place == when:
                steps.append(_change(at + beat / 2, what, route, _marked(base + target, route, routes)))
        if place in SAYINGS:
            said += 1
            steps.append(Step(at + beat / 2, What.SAY, route, said, marked(said, "Good to know, thanks")))
    return sorted(steps, key=lambda step: step.at)


def marked(number: int, text: str) -> str:
    """A text that can be recognised wherever it arrives."""
    return f"{text} #{number:04d}"


def _marked(place: int, route: int, routes: int) -> int:
    """The number of a route's message at a place."""
    return (place - 1) * routes + route + 1


def _message(at: float, route: int, number: int, place: int, answered: int) -> Step:
    text = marked(number, LINES[(place + route * 3) % len(LINES)])
    file = {PHOTO: "photo", DOCUMENT: "document"}.get(place, "")
    if place == REPLY:
        return Step(at, What.REPLY, route, number, text, answered)
    return Step(at, What.POST, route, number, text, file=file)


def _change(at: float, what: What, route: int, number: int) -> Step:
    text = marked(number, "Corrected: it is an hour later") if what is What.EDIT else ""
    return Step(at, what, route, number, text, number)
