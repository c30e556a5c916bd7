"""What stands in the chats of one pair, by the message it shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from project.sandbox.client import ControlClient
from project.sandbox.discord.views import StoredMessage as DiscordMessage
from project.sandbox.telegram.messages import StoredMessage as TelegramMessage
from tests.convergence.model import Place
from tests.convergence.words import marks_in
from tests.harness.world import Route, World

_LINK = re.compile(r"/channels/\d+/\d+/(\d+)")


@dataclass(frozen=True, slots=True)
class Post:
    """One post of ours. `links` are the messages of the same chat that it answers, by reference or in its text."""

    id: int
    text: str
    files: tuple[str, ...]
    links: frozenset[int]
    deleted: bool


Posts = dict[int, list[Post]]


class Reader:
    """Reads pairs; what a file at the destination holds is asked once."""

    def __init__(self, control: ControlClient, world: World) -> None:
        self._control = control
        self._world = world
        self._digests: dict[int, str] = {}

    async def discord(self, route: Route) -> list[Post]:
        """Our posts on Discord, in order."""
        stored = await self._control.discord.messages(route.channel)
        return [_discord(message) for message in stored if message.author_id != self._world.reader]

    async def destination(self, route: Route) -> list[Post]:
        """All posts there, in order."""
        stored = await self._control.telegram.messages(route.destination)
        return [await self._telegram(message) for message in stored if not message.service]

    async def both(self, route: Route) -> dict[Place, list[Post]]:
        """Both chats."""
        return {Place.DISCORD: await self.discord(route), Place.DESTINATION: await self.destination(route)}

    async def _telegram(self, message: TelegramMessage) -> Post:
        files = (await self._digest(message.file.id),) if message.file else ()
        links = frozenset({message.reply_to} if message.reply_to else ())
        return Post(message.id, message.text, files, links, message.deleted)

    async def _digest(self, file_id: int) -> str:
        if file_id not in self._digests:
            self._digests[file_id] = sha256(await self._control.telegram.file_data(file_id)).hexdigest()
        return self._digests[file_id]


def _discord(message: DiscordMessage) -> Post:
    links = {int(found) for found in _LINK.findall(message.content)} | {message.reference or 0}
    return Post(message.id, message.content, tuple(f.sha256 for f in message.files), frozenset(links), message.deleted)


def by_number(posts: Iterable[Post], files: Mapping[str, int]) -> Posts:
    """Whose posts these are: by a file, else by the last mark (a quote stands before the text). 0 for what has neither:
    a line of the program's own."""
    found: Posts = {}
    for post in posts:
        marks = marks_in(post.text)
        known = [files[digest] for digest in post.files if digest in files]
        number = known[0] if known else marks[-1].number if marks else 0
        found.setdefault(number, []).append(post)
    return found
