"""What a channel's history tells, by what it holds and what is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from project.core.errors import TargetGone
from project.discord.acts import Act, Delete, Edit, Post
from project.discord.directory import Directory
from project.discord.history import changes


class Place:
    """A channel of people's messages, and what is known of it."""

    def __init__(self, *ids: int, last: int | None = 0, standing: Sequence[frozenset[int]] = ()) -> None:
        self.items: list[Any] = [said(id_) for id_ in ids]
        self.last = last
        self.stands = list(standing)
        self.new: frozenset[int] = frozenset()
        self.gone = True
        self.pages = 0

    async def page(self, channel_id: int, **where: int) -> list[Any]:
        self.pages += 1
        held = sorted(self.items, key=lambda item: int(item.get("id") or 0), reverse=True)
        if "after" in where:
            return [item for item in held if int(item["id"]) > where["after"]][-100:]
        return [item for item in held if int(item.get("id") or 0) < where.get("before", 2**63)][:100]

    async def is_gone(self, channel_id: int, message_id: int) -> bool:
        return self.gone

    async def last_seen(self, channel_id: int) -> int | None:
        return self.last

    async def untaken(self, channel_id: int, message_ids: list[int] | Sequence[int]) -> frozenset[int]:
        return self.new.intersection(message_ids)

    async def standing(self, channel_id: int) -> frozenset[int]:
        return self.stands.pop(0) if self.stands else frozenset()


def said(id_: int, **more: Any) -> dict[str, Any]:
    return {"id": str(id_), "channel_id": "5", "author": {"id": "8", "username": "ann"}, "content": "x"} | more


async def told(place: Place) -> list[Act]:
    found = changes(5, reader=place, memory=place, directory=Directory(), concerns=lambda _: True)
    return [act async for act in found]


def ids(acts: list[Act]) -> list[int]:
    return [act.message.message_id for act in acts if isinstance(act, Post)]


async def test_without_a_pair_nothing_is_asked() -> None:
    place = Place(1, last=None)
    assert (await told(place), place.pages) == ([], 0)


async def test_what_we_deleted_ourselves_meanwhile_is_no_moderators_act() -> None:
    """It was still standing when the look began; the delete was written down before the page was read."""
    assert await told(Place(1, 2, last=9, standing=[frozenset({1, 3, 4}), frozenset({1, 4})])) == [Delete((4,))]
    assert await told(Place(1, 2, last=9, standing=[frozenset({1, 3}), frozenset({1})])) == []


async def test_beyond_the_page_nothing_is_concluded() -> None:
    place = Place(*range(101, 201), last=300, standing=[frozenset({50, 150, 250})] * 2)
    assert await told(place) == [Delete((250,))]


async def test_what_discord_does_not_confirm_is_not_deleted() -> None:
    place = Place(1, last=9, standing=[frozenset({1, 2})] * 2)
    place.gone = False
    assert await told(place) == []
    place = Place(last=9, standing=[frozenset({1, 2})] * 2)
    place.gone = False
    with pytest.raises(TargetGone):
        await told(place)


async def test_a_page_with_a_message_without_an_id_deletes_nothing() -> None:
    place = Place(1, last=9, standing=[frozenset({1, 2})] * 2)
    place.items.append({"channel_id": "5", "id": None})
    assert await told(place) == []


async def test_missed_posts_and_edits_come_before_new_posts_in_order() -> None:
    place = Place(1, 2, 3, last=3)
    place.new = frozenset({2})
    place.items += [said(4), said(6), said(5)]
    place.items[0] |= {"edited_timestamp": "2026-01-02T03:04:05+00:00"}
    acts = await told(place)
    assert [type(act) for act in acts] == [Edit, Post, Post, Post, Post]
    assert ids(acts) == [2, 4, 5, 6]


async def test_more_than_a_page_is_read_to_its_end() -> None:
    place = Place(*range(1, 351), last=20)
    assert ids(await told(place)) == list(range(21, 351))


async def test_pages_full_of_what_cannot_be_read_end() -> None:
    place = Place(last=0)
    place.items = [{"id": None}] * 100
    place.page = lambda *_, **__: _page(place)  # type: ignore[method-assign]
    assert await told(place) == []


async def _page(place: Place) -> list[Any]:
    return place.items
