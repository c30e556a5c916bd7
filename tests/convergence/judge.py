"""Compares what stands with what the model says. Pure; it can fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from tests.convergence.model import Message, Model, Place
from tests.convergence.records import Post, Posts, by_number
from tests.convergence.words import Mark, compose, letters, marks_in


def differences(model: Model, chats: Mapping[Place, list[Post]], seed: int, first: int) -> list[str]:
    """What is not as it should be in both chats, in words. Messages below `first` belong to earlier scripts."""
    files = files_of(model)
    found = []
    for place, posts in chats.items():
        numbered = by_number(posts, files)
        found += [f"{place}: {line}" for line in _place(model, place, numbered, seed, first)]
    return found


def files_of(model: Model) -> dict[str, int]:
    """Whose each file is, by its digest."""
    return {file.digest: m.number for m in model.messages.values() for file in (*m.files, *m.loose)}


def _place(model: Model, place: Place, posts: Posts, seed: int, first: int) -> list[str]:
    found = []
    due = {
        message.number: message for message in model.standing(place) if place is not Place.DISCORD or not message.said
    }
    for number in sorted(due.keys() | {n for n in posts if n >= first}):
        alive = [post for post in posts.get(number, ()) if not post.deleted]
        if number not in due:
            found += [f"#{number} should be gone, {len(alive)} posts stand"] * bool(alive)
        elif not alive:
            found.append(f"#{number} is missing ({len(posts.get(number, ()))} posts were deleted)")
        else:
            found += [f"#{number} {line}" for line in _copy(due[number], alive, place, seed)]
            found += [f"#{number} {line}" for line in _reply(due[number], due, posts, alive)]
    return found + _order(due, posts)


def _copy(message: Message, alive: list[Post], place: Place, seed: int) -> list[str]:
    """Text and files of one copy."""
    found = []
    written = compose(message.number, message.revision, message.size, seed)
    marks = [mark for post in alive for mark in marks_in(post.text) if mark.number == message.number]
    wanted = [Mark(message.number, message.revision, index) for index in range(written.marks)]
    if marks != wanted:
        found.append(f"reads {_brief(marks)} instead of {_brief(wanted)} in {len(alive)} posts")
    elif place is Place.DESTINATION and not message.said and wanted and letters(written.text) not in _shown(alive):
        found.append("reads otherwise than its source")
    files = Counter(digest for post in alive for digest in post.files)
    known = {file.digest: file.name for file in (*message.files, *message.loose)}
    found += [f"lacks file {file.name}" for file in sorted(message.files, key=str) if not files[file.digest]]
    found += [f"has file {known.get(digest, digest[:8])} {count} times" for digest, count in files.items() if count > 1]
    return found


def _shown(alive: list[Post]) -> str:
    return letters("".join(post.text for post in alive))


def _brief(marks: list[Mark]) -> str:
    """Runs of marks: `r1 0-12, r0 3`."""
    runs: list[list[Mark]] = []
    for mark in marks:
        if runs and (mark.revision, mark.index) == (runs[-1][-1].revision, runs[-1][-1].index + 1):
            runs[-1].append(mark)
        else:
            runs.append([mark])
    return ", ".join(f"version {run[0].revision} marks {run[0].index}-{run[-1].index}" for run in runs) or "nothing"


def _reply(message: Message, due: Mapping[int, Message], posts: Posts, alive: list[Post]) -> list[str]:
    """A link to what it answers, when a copy of that stands."""
    answered = message.reply_to
    if answered not in due or all(post.deleted for post in posts.get(answered, ())):
        return []
    linked = {link for post in alive for link in post.links}
    if linked & {post.id for post in posts[answered]}:
        return []
    return [f"is no reply to #{answered}"]


def _began(messages: Sequence[Message], posts: Posts) -> list[int]:
    """The first post of each. One whose file was replaced before it went out may have begun as a line in the place of
    that file, which nothing shows to be its own: such a line is taken for it where it stands right."""
    lines = sorted(post.id for post in posts.get(0, ()) if post.deleted)
    began: list[int] = []
    for message in messages:
        first = min(post.id for post in posts[message.number])
        behind = began[-1] if began else 0
        began.append(min([first, *(line for line in lines if behind < line)] if message.loose else [first]))
    return began


def _order(due: Mapping[int, Message], posts: Posts) -> list[str]:
    """By the first post of each message that stands, those of the source and of people apart."""
    found = []
    for said in (False, True):
        there = [n for n, message in due.items() if message.said is said and posts.get(n)]
        began = _began([due[n] for n in there], posts)
        pairs = zip(zip(there, began, strict=True), zip(there[1:], began[1:], strict=True), strict=False)
        found += [f"#{after[0]} stands before #{before[0]}" for before, after in pairs if after[1] < before[1]]
    return found
