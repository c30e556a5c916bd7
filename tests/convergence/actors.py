"""Carries a script out in the chats of one pair, as people, moderators and administrators would."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Sequence

from project.sandbox.client import ControlClient
from project.sandbox.discord.views import FileIn
from project.sandbox.telegram.messages import NewFile
from tests.convergence.acts import Act, File, What
from tests.convergence.judge import differences, files_of
from tests.convergence.model import Model, Place
from tests.convergence.records import Post, Reader, by_number
from tests.convergence.words import compose
from tests.harness.world import Route, World

SEEN_WITHIN = 30.0  # seconds that somebody waits for a copy to act on, before doing something else
LOOK = 0.5


class Actors:
    """One pair's chats. `patient`: answers may be lost. `done` is what was really done: nobody acts on what never
    came."""

    def __init__(
        self, control: ControlClient, world: World, route: Route, seed: int, first: int, *, patient: bool
    ) -> None:
        self._telegram, self._discord = control.telegram, control.discord
        self._world, self.route, self._seed, self._first = world, route, seed, first
        self._reader = Reader(control, world)
        self._ids: dict[int, int] = {}  # where each message was written
        self._patient = patient and bool(route.webhook)
        self.model = Model()
        self.done: list[Act] = []

    async def play(self, acts: Sequence[Act]) -> None:
        """All acts, one after another."""
        for act in acts:
            await asyncio.sleep(act.wait)
            if act.what is What.PAUSE or await self._carry_out(act):
                self.model.apply(act)
                self.done.append(act)

    async def differences(self) -> list[str]:
        """What is not as it should be at this moment."""
        return differences(self.model, await self._reader.both(self.route), self._seed, self._first)

    async def _carry_out(self, act: Act) -> bool:
        if act.what is not What.POST and act.what is not What.SAY and act.number not in self.model.messages:
            return False
        if act.what in (What.POST, What.EDIT, What.DELETE):
            await self._at_source(act)
            return True
        if act.what in (What.SAY, What.SAY_EDIT, What.SAY_DELETE):
            return await self._as_person(act)
        return await self._as_master(act)

    async def _at_source(self, act: Act) -> None:
        source, text = self.route.source, compose(act.number, act.revision, act.size, self._seed)
        files = [_new(file) for file in act.files]
        if act.what is What.POST:
            answered = self._ids.get(act.reply_to)
            first = await self._telegram.post(source, text.text, entities=text.entities, files=files, reply_to=answered)
            self._ids |= {act.number + place: first + place for place in range(max(1, len(files)))}
        elif act.what is What.EDIT:
            file = files[0] if files else None
            await self._telegram.edit(source, self._ids[act.number], text.text, entities=text.entities, file=file)
        else:
            await self._telegram.delete(source, [self._ids[act.number]])

    async def _as_person(self, act: Act) -> bool:
        channel, text = self.route.channel, compose(act.number, act.revision, act.size, self._seed).text
        if act.what is What.SAY:
            answered = await self._answered(act)
            if act.reply_to and not answered:
                return False
            files = [FileIn(file.name, file.data) for file in act.files]
            self._ids[act.number] = await self._discord.post(
                channel, self._world.reader, text, files=files, reply_to=answered
            )
        elif act.what is What.SAY_EDIT:
            await self._discord.edit(channel, self._ids[act.number], text, keep=await self._kept(act))
        else:
            await self._discord.delete(channel, [self._ids[act.number]])
        return True

    async def _answered(self, act: Act) -> int | None:
        """The message on Discord that a person answers: another person's, or the first post of a copy."""
        if not act.reply_to or act.reply_to not in self.model.messages:
            return None
        if self.model.messages[act.reply_to].said:
            return self._ids[act.reply_to]
        found = await self._copy(act.reply_to, Place.DISCORD)
        return found[0].id if found else None

    async def _kept(self, act: Act) -> list[int]:
        names = {file.digest for file in act.files}
        stored = await self._discord.messages(self.route.channel)
        (message,) = [message for message in stored if message.id == self._ids[act.number]]
        return [file.id for file in message.files if file.sha256 in names]

    async def _as_master(self, act: Act) -> bool:
        """An administrator acts on a copy that is complete: what stays of half of one is not laid down. So does, where
        answers are lost, a moderator of posts by webhook: one that is gone before anybody looked is posted again."""
        place = Place.DESTINATION if act.what is What.ADMINISTER else Place.DISCORD
        if (act.what is What.ADMINISTER or self._patient) and not await self._settled():
            return False
        found = [post.id for post in await self._copy(act.number, place)]
        if not found:
            return False
        if act.what is What.ADMINISTER:
            await self._telegram.delete(self.route.destination, found)
        else:
            await self._discord.delete(
                self.route.channel, [found[act.wait > 0 and -1]] if act.what is What.MODERATE_ONE else found
            )
        return True

    async def posts(self, numbers: Collection[int]) -> list[str]:
        """Everything that ever stood of some messages, for whoever looks for the cause."""
        files = files_of(self.model)
        return [
            f"{place} #{number}: {'deleted ' * post.deleted}{post.id} {post.text[:60]!r} {len(post.text)} units, "
            f"{len(post.files)} files"
            for place, found in (await self._reader.both(self.route)).items()
            for number, posts in by_number(found, files).items()
            for post in posts
            if number in numbers
        ]

    async def _settled(self) -> bool:
        deadline = time.monotonic() + SEEN_WITHIN
        while await self.differences():
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(LOOK)
        return True

    async def _copy(self, number: int, place: Place) -> list[Post]:
        """The posts of a copy that stand, as soon as there are any; none when nothing came or is to come."""
        message = self.model.messages[number]
        files = files_of(self.model)
        read = self._reader.discord if place is Place.DISCORD else self._reader.destination
        deadline = time.monotonic() + SEEN_WITHIN
        while place in message.places and time.monotonic() < deadline:
            posts = by_number(await read(self.route), files).get(number, [])
            standing = [post for post in posts if not post.deleted]
            if standing:
                return standing
            await asyncio.sleep(LOOK)
        return []


def _new(file: File) -> NewFile:
    mime = "image/png" if file.photo else "application/octet-stream"
    return NewFile(file.name, mime, file.data, photo=file.photo)
