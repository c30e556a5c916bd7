"""Everything that the rooms declare, found by name. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import groupby
from typing import TypeVar

from project.botkit.parts import Command, Dialogue, Press, Room, Run, Step
from project.core.operators import Role

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Commands in the order of their sections, and what buttons and dialogues do."""

    commands: dict[str, Command] = field(default_factory=dict)
    presses: dict[str, Press] = field(default_factory=dict)
    dialogues: dict[str, Dialogue] = field(default_factory=dict)
    on_message: tuple[Run, ...] = ()
    checklist: tuple[Callable[[], Step], ...] = ()

    def allowed(self, role: Role) -> list[Command]:
        """What this role may run."""
        return [command for command in self.commands.values() if role.allows(command.role)]

    def sections(self, role: Role) -> list[tuple[str, list[Command]]]:
        """The same, grouped as /help shows it."""
        return [(name, list(group)) for name, group in groupby(self.allowed(role), key=lambda one: one.section)]

    def nearest(self, name: str, role: Role) -> Command | None:
        """What somebody who typed `name` may have meant, among what they may run."""
        names = [command.name for command in self.allowed(role)]
        found = get_close_matches(name.lower(), names, n=1, cutoff=0.6)
        return self.commands[found[0]] if found else None


def assemble(rooms: Sequence[Room], *, sections: Sequence[str] = ()) -> Catalogue:
    """One catalogue of all rooms; `sections` come first, in this order. Raises ValueError for a name declared twice."""
    commands = [command for room in rooms for command in room.commands]
    order = list(dict.fromkeys((*sections, *(command.section for command in commands))))
    commands.sort(key=lambda command: order.index(command.section))
    return Catalogue(
        commands=_by_name((command.name, command) for command in commands),
        presses=_by_name((press.act, press) for room in rooms for press in room.presses),
        dialogues=_by_name((dialogue.name, dialogue) for room in rooms for dialogue in room.dialogues),
        on_message=tuple(room.on_message for room in rooms if room.on_message is not None),
        checklist=tuple(step for room in rooms for step in room.checklist),
    )


def _by_name(named: Iterable[tuple[str, T]]) -> dict[str, T]:
    found: dict[str, T] = {}
    for name, one in named:
        if name in found:
            raise ValueError(f"{name} is declared twice")
        found[name] = one
    return found
