"""The oracle: docs/explanation/convergence.md as a pure function of acts. It knows neither parts nor times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from tests.convergence.acts import Act, File, What


class Place(StrEnum):
    """A chat that holds copies."""

    DISCORD = "Discord"
    DESTINATION = "destination"


@dataclass(frozen=True, slots=True)
class Message:
    """One message and where it, or a copy of it, has to stand. `said` on Discord by a person, else in the source.

    `files` have to stand there; of `loose` each may or may not: an edit took them away, or brought them, and a copy
    keeps the files it was posted with.
    """

    number: int
    said: bool
    size: int
    files: frozenset[File]
    reply_to: int
    revision: int = 0
    loose: frozenset[File] = frozenset()
    places: frozenset[Place] = frozenset(Place)


class Model:
    """What all chats have to hold after the acts so far."""

    def __init__(self) -> None:
        self.messages: dict[int, Message] = {}

    def after(self, acts: Iterable[Act]) -> Model:
        """The same model, later."""
        for act in acts:
            self.apply(act)
        return self

    def apply(self, act: Act) -> None:
        """One act. A delete is final: no later edit, on any side, brings a copy back."""
        if act.what in (What.POST, What.SAY):
            self.messages |= {message.number: message for message in _posted(act)}
        elif act.what in (What.EDIT, What.SAY_EDIT):
            self.messages[act.number] = _edited(self.messages[act.number], act)
        elif act.what is What.ADMINISTER:
            self._gone(act.number, frozenset({Place.DISCORD}))
        elif act.what is not What.PAUSE:  # a delete at the source, by its author, or by a moderator of any part
            self._gone(act.number, frozenset())

    def _gone(self, number: int, left: frozenset[Place]) -> None:
        message = self.messages[number]
        self.messages[number] = replace(message, places=message.places & left)

    def standing(self, place: Place) -> list[Message]:
        """What has to stand there, in order of each origin."""
        return [message for message in self.messages.values() if place in message.places]


def _posted(act: Act) -> Iterable[Message]:
    """An album of the source is as many messages as it has files, the first of them with the text."""
    if act.what is What.SAY or len(act.files) < 2:
        yield Message(act.number, act.what is What.SAY, act.size, frozenset(act.files), act.reply_to)
        return
    for place, file in enumerate(act.files):
        yield Message(act.number + place, False, 0 if place else act.size, frozenset({file}), act.reply_to)


def _edited(message: Message, act: Act) -> Message:
    edited = replace(message, size=act.size, revision=act.revision)
    if act.what is What.SAY_EDIT:
        kept = message.files & frozenset(act.files)
        return replace(edited, files=kept, loose=message.loose | message.files - kept)
    if not act.files:
        return edited
    return replace(edited, files=frozenset(), loose=message.loose | message.files | frozenset(act.files))
