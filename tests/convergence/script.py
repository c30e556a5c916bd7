"""Real traffic of one pair: a pure function of the seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random

from tests.convergence.acts import Act, File, What
from tests.convergence.model import Model, Place

ACTS = 14
MOST = 10  # files of a message
# Telegram takes 4096 units, a caption 1024, Discord 2000; what has to be escaped is twice as long on Discord.
_SIZES = ((12, 60), (60, 900), (900, 1100), (1100, 2100), (2100, 4090))
_TEXT, _CAPTION, _SAID = 4096, 1024, 2000
_WEIGHTS = {
    What.POST: 30,
    What.EDIT: 24,
    What.DELETE: 6,
    What.SAY: 12,
    What.SAY_EDIT: 8,
    What.SAY_DELETE: 4,
    What.MODERATE_ONE: 5,
    What.MODERATE_ALL: 3,
    What.ADMINISTER: 4,
    What.PAUSE: 4,
}


@dataclass(slots=True)
class _Writer:
    rng: Random
    first: int
    model: Model = field(default_factory=Model)
    acts: list[Act] = field(default_factory=list)

    def add(self, act: Act) -> None:
        wait = self.rng.choice((0.0, 0.0, 0.1, 0.5, 1.5))
        act = replace(act, wait=self.rng.uniform(2.0, 4.0) if act.what is What.PAUSE else wait)
        self.model.apply(act)
        self.acts.append(act)

    def size(self, most: int) -> int:
        low, high = self.rng.choice(_SIZES)
        return min(self.rng.randint(low, high), most)

    def known(self, *, said: bool | None = None, place: Place | None = None) -> list[int]:
        """Messages of whom, all or those that stand somewhere, newest first as people act on those."""
        found = [
            message.number
            for message in self.model.messages.values()
            if said in (None, message.said) and (place is None or place in message.places)
        ]
        return found[::-1]

    def pick(self, numbers: list[int]) -> int:
        return numbers[min(int(self.rng.expovariate(0.7)), len(numbers) - 1)]


def script(seed: int, index: int, *, first: int = 1, acts: int = ACTS) -> list[Act]:
    """The acts of script `index`; its messages are numbered from `first` on."""
    writer = _Writer(Random(f"{seed}:{index}"), first)
    writer.add(_post(writer, What.POST))
    kinds, weights = list(_WEIGHTS), list(_WEIGHTS.values())
    while len(writer.acts) < acts:
        what = writer.rng.choices(kinds, weights)[0]
        act = _ACTS[what](writer, what)
        if act is not None:
            writer.add(act)
    return writer.acts


def _post(writer: _Writer, what: What) -> Act:
    rng, said = writer.rng, what is What.SAY
    number = writer.first + len(writer.model.messages)
    count = rng.choices((0, 1, rng.randint(2, 4), MOST), (60, 25, 13, 2))[0]
    photos = rng.random() < 0.5
    files = tuple(File(f"{number}-{place}.{'png' if photos else 'bin'}", photos) for place in range(1, count + 1))
    empty = bool(files) and rng.random() < 0.3
    size = 0 if empty else writer.size(_SAID if said else _CAPTION if files else _TEXT)
    answered = writer.known() if rng.random() < 0.3 else []
    if not said:
        answered = [n for n in answered if not writer.model.messages[n].said and _at_source(writer, n)]
    else:
        answered = [n for n in answered if Place.DISCORD in writer.model.messages[n].places]
    return Act(what, number, size, files, writer.pick(answered) if answered else 0)


def _at_source(writer: _Writer, number: int) -> bool:
    return not any(act.what is What.DELETE and act.number == number for act in writer.acts)


def _edit(writer: _Writer, what: What) -> Act | None:
    """Of anything that stands at the source, also when its copies are gone."""
    numbers = [n for n in writer.known(said=False) if _at_source(writer, n)]
    if not numbers:
        return None
    message = writer.model.messages[writer.pick(numbers)]
    files: tuple[File, ...] = ()
    revision = message.revision + 1
    if writer.rng.random() < 0.12:
        files = (File(f"{message.number}-version{revision}.png", photo=True),)
    size = writer.size(_CAPTION if message.files or message.loose or files else _TEXT)
    return Act(what, message.number, size, files, revision=revision)


def _said_edit(writer: _Writer, what: What) -> Act | None:
    numbers = writer.known(said=True, place=Place.DISCORD)
    if not numbers:
        return None
    message = writer.model.messages[writer.pick(numbers)]
    files = tuple(sorted(message.files, key=lambda file: file.name))
    if files and writer.rng.random() < 0.3:
        files = files[1:]
    return Act(what, message.number, writer.size(_SAID), files, revision=message.revision + 1)


def _on(said: bool | None, place: Place | None) -> Callable[[_Writer, What], Act | None]:
    def act(writer: _Writer, what: What) -> Act | None:
        numbers = writer.known(said=said, place=place)
        if what is What.DELETE:
            numbers = [n for n in writer.known(said=False) if _at_source(writer, n)]
        return Act(what, writer.pick(numbers)) if numbers else None

    return act


def _pause(writer: _Writer, what: What) -> Act:
    return Act(what, 0)


_ACTS: dict[What, Callable[[_Writer, What], Act | None]] = {
    What.POST: _post,
    What.SAY: _post,
    What.EDIT: _edit,
    What.SAY_EDIT: _said_edit,
    What.DELETE: _on(said=False, place=None),
    What.SAY_DELETE: _on(said=True, place=Place.DISCORD),
    What.MODERATE_ONE: _on(said=False, place=Place.DISCORD),
    What.MODERATE_ALL: _on(said=False, place=Place.DISCORD),
    What.ADMINISTER: _on(said=None, place=Place.DESTINATION),
    What.PAUSE: _pause,
}
