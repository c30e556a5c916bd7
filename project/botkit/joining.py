"""A room's parts as one: each module of a room's bot package declares a Room of its own."""

from __future__ import annotations

from project.botkit.parts import Room


def join(*parts: Room) -> Room:
    """Everything that the parts declare, in their order. At most one of them takes plain messages."""
    takers = [part.on_message for part in parts if part.on_message is not None]
    assert len(takers) <= 1, "only one part of a room takes plain messages"
    return Room(
        commands=tuple(command for part in parts for command in part.commands),
        presses=tuple(press for part in parts for press in part.presses),
        dialogues=tuple(dialogue for part in parts for dialogue in part.dialogues),
        on_message=takers[0] if takers else None,
        checklist=tuple(step for part in parts for step in part.checklist),
    )
