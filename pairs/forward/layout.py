"""Which posts of a message stay when it is edited, which go, and what has to be posted anew. Pure.

A file stays in the post that carries it: neither platform moves one, and a new copy costs an upload. So the text is put
into the posts that stay, in reading order, and what is left over goes last: a file is never gone before its new copy is
there, whatever is interrupted.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pairs.models.delivery import Act
from project.core.message import Attachment, Message


class Change(msgspec.Struct, frozen=True):
    """One step of an edit; `target` is the post that it concerns."""

    act: Act
    rendered: str = ""
    target: int | None = None


class Standing(msgspec.Struct, frozen=True):
    """A post that stays; `files` are the places, within the edited message, of those that it carries."""

    post_id: int
    files: tuple[int, ...] = ()


class Posts(msgspec.Struct, frozen=True):
    """A message's posts after an edit of its files: those that stay, those that go, and the files to post."""

    kept: tuple[Standing, ...]
    gone: tuple[int, ...]
    missing: tuple[int, ...]


def mark(attachment: Attachment) -> str:
    """What tells a file from others of its message: its place changes when another one is taken away."""
    return f"{attachment.name}|{attachment.size}"


def marks_at(message: Message | None, places: Sequence[int]) -> tuple[str, ...]:
    """Marks of the files at these places of a message; none when the journal does not know them any more."""
    attachments = {attachment.index: attachment for attachment in message.attachments} if message else {}
    return tuple(mark(attachments[place]) for place in places if place in attachments)


def compare_files(posts: Sequence[tuple[int, Sequence[str]]], wanted: Sequence[Attachment]) -> Posts:
    """`posts` are ids with the marks of their files, in reading order. A post with a file that nobody wants any more
    goes as a whole."""
    left = [(mark(attachment), attachment.index) for attachment in wanted]
    kept: list[Standing] = []
    gone: list[int] = []
    for post_id, marks in posts:
        found = _taken(left, marks)
        if found is None:
            gone.append(post_id)
            continue
        kept.append(Standing(post_id, tuple(index for _, index in found)))
        for item in found:
            left.remove(item)
    return Posts(tuple(kept), tuple(gone), tuple(index for _, index in left))


def _taken(left: Sequence[tuple[str, int]], marks: Sequence[str]) -> list[tuple[str, int]] | None:
    rest, found = list(left), []
    for wanted in marks:
        item = next((item for item in rest if item[0] == wanted), None)
        if item is None:
            return None
        rest.remove(item)
        found.append(item)
    return found


def fit_slots(slots: Sequence[Standing], texts: int) -> tuple[list[Standing], list[int]]:
    """The posts that so many texts are put into, and ids of those left over: the last ones without a file. There may be
    more of the former than texts: posts with a file, whose text is empty then."""
    staying, surplus = list(slots), []
    for slot in reversed(slots):
        if len(staying) > texts and not slot.files:
            staying.remove(slot)
            surplus.append(slot.post_id)
    return staying, surplus[::-1]


def deletes(post_ids: Sequence[int]) -> list[Change]:
    """The last steps of an edit."""
    return [Change(Act.DELETE, target=post_id) for post_id in post_ids]
