"""What people write, edit and delete meanwhile: a pure function of the seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from tests.convergence.acts import File
from tests.convergence.words import Text, prose

EDITED, DELETED, SAID = 0.08, 0.05, 0.08  # shares of the posts
LATEST = 6.0  # seconds between a post and its edit or delete, at most
FIRST_PROBE = 900_001
LONGEST = 800  # units of a text: escaped it is twice as long on Discord, which takes 2000


class What(StrEnum):
    """One step's kind."""

    POST = "post"
    EDIT = "edit"
    DELETE = "delete"
    SAY = "say"  # a person on Discord


@dataclass(frozen=True, slots=True)
class Step:
    """`number` marks a message, wherever it arrives. `at` in seconds."""

    at: float
    what: What
    route: int
    number: int


@dataclass(frozen=True, slots=True)
class Load:
    """`heard`: routes whose Discord channel the bot can see. `rate`: posts a second at the sources, all together."""

    routes: int
    heard: Sequence[int]
    rate: float
    seconds: float


def script(seed: int, load: Load) -> list[Step]:
    """All steps by time."""
    rng = Random(seed)
    steps: list[Step] = []
    count = int(load.rate * load.seconds)
    for number in range(1, count + 1):
        at, route = (number - 1 + rng.random()) / load.rate, rng.randrange(load.routes)
        steps.append(Step(at, What.POST, route, number))
        chance = rng.random()
        if chance < EDITED + DELETED:
            what = What.EDIT if chance < EDITED else What.DELETE
            steps.append(Step(at + rng.uniform(0.0, LATEST), what, route, number))
        if rng.random() < SAID:
            steps.append(Step(at + rng.random(), What.SAY, rng.choice(load.heard), count + number))
    return sorted(steps, key=lambda step: (step.at, step.number))


def head(step: Step) -> str:
    """The first line of what the message says: its number is how it is recognised."""
    said = {What.EDIT: "The ferry leaves later than planned", What.SAY: "Good to know"}
    return f"{said.get(step.what, 'The ferry leaves ten minutes late')} #{step.number:06d}"


def text(step: Step) -> Text:
    """All of it, from the generator of the convergence test. It fits into one post anywhere, so that posts can be
    counted: what takes several is compared there."""

    rng = Random(f"{step.what}:{step.number}")
    return prose(head(step), rng.choice((0, 60, 300, LONGEST)), f"{step.what}:{step.number}")


def file(step: Step) -> File | None:
    """One post in ten has a file."""
    return File(f"{step.number}.bin", photo=False) if step.number % 10 == 3 else None
