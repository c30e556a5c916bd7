"""Editing, removing and searching pairs: what is written, and what becomes of what is queued."""

from __future__ import annotations

import pytest
from django.utils import timezone

from pairs.models import Assignment, Delivery, Event, Inbox, Pair
from pairs.services.editing import PairChange, Titles, edit_pair
from pairs.services.finding import Poster
from pairs.services.registry import find_pair, search_pairs
from pairs.services.removal import remove_pairs
from pairs.services.statuses import pause
from pairs.services.stillness import REASON, let_go
from pairs.services.targets import DiscordTarget
from project.core.config import current
from project.core.crypto import unseal
from project.core.errors import Conflict, InvalidInput, NotFound
from project.core.models import AuditEvent
from project.core.secret import Secret
from project.discord.rest import Webhook
from project.telegram.values import ChatInfo
from sessions.models import SenderBot, TelegramSession

pytestmark = pytest.mark.django_db

NEW_CHAT = ChatInfo(31, "New copy", "", is_broadcast=True, protected=False, can_post=True, top_message_id=0)


@pytest.fixture
def pair() -> Pair:
    session = TelegramSession.objects.create(
        name="main", phone_sealed=b"", phone_hint="", device={}, lifecycle="active", health="healthy"
    )
    sender = SenderBot.objects.create(bot_id=7, username="copy_bot", token_sealed=b"", device={}, state="active")
    made = Pair.objects.create(
        source_chat=10, source_title="News", discord_channel=20, destination_chat=30, sender=sender, last_seq=5
    )
    Assignment.objects.create(pair=made, session=session)
    return made


def delivery(pair: Pair, seq: int, hop: int, part: int = 0, **values: object) -> Delivery:
    event, _ = Event.objects.get_or_create(
        pair=pair,
        seq=seq,
        scope="tg:10",
        message_id=seq,
        kind="create",
        defaults={"content_hash": b"", "created_at": timezone.now()},
    )
    return Delivery.objects.create(event=event, pair=pair, seq=seq, hop=hop, part=part, source_message=seq, **values)


def now(row: Delivery) -> Delivery:
    row.refresh_from_db()
    return row


def test_another_destination_takes_the_queue_along_and_leaves_what_stands(pair: Pair) -> None:
    stands = delivery(pair, 1, 2, act="post", state="sent", remote_id=501, key="k")
    edit = delivery(pair, 2, 2, act="edit", state="waiting", remote_id=501, key="k")
    rest = delivery(pair, 3, 2, act="post", state="sent", remote_id=502, key="a")
    missing = delivery(pair, 3, 2, part=1, act="post", state="waiting", rendered={"text": []}, key="b")
    rendered = delivery(pair, 4, 2, act="post", state="waiting", rendered={"reply_to": 501}, key="c")
    planned = delivery(pair, 5, 2)
    on_discord = delivery(pair, 1, 1, act="post", state="sent", remote_id=9001)
    edited = edit_pair(actor="me", pair_id=pair.pk, change=PairChange(poster=Poster(NEW_CHAT, pair.sender)))
    assert [now(row).remote_id for row in (stands, rest, on_discord)] == [None, None, 9001]
    assert (now(edit).state, edit.reason) == ("skipped", "its post stands at the former place")
    assert (now(missing).state, missing.act, missing.key) == ("waiting", "post", "b")
    assert (now(rendered).state, rendered.act, rendered.rendered) == ("waiting", "plan", None)
    assert (now(planned).state, planned.act) == ("waiting", "plan")
    saved = find_pair(pair.pk)
    assert (saved.destination_chat, saved.destination_title, saved.status) == (31, "New copy", "active")
    assert saved.assignment.generation == 2, "the former owner may write no more"
    assert edited.changes == ("destination: 30 → 31", "destination title: - → New copy")
    assert "former destination" in edited.consequences[0]
    event = AuditEvent.objects.get(action="pair.edit")
    assert (event.before["destination"], event.after["destination"], event.actor) == (30, 31, "me")


def test_a_new_webhook_in_the_same_channel_stops_nothing(pair: Pair) -> None:
    queued = delivery(pair, 1, 1, act="edit", state="waiting", remote_id=9001)
    target = DiscordTarget(20, 5, "copies", Webhook(77, Secret("t" * 68)))
    edited = edit_pair(actor="me", pair_id=pair.pk, change=PairChange(target=target))
    saved = find_pair(pair.pk)
    token = unseal(bytes(saved.webhook_sealed), owner=saved.seal_owner, keys=current().master_keys)
    assert (saved.webhook_id, token, saved.assignment.generation) == (77, b"t" * 68, 1)
    assert (now(queued).state, queued.remote_id) == ("waiting", 9001)
    assert "cannot be edited any more" in edited.consequences[0]
    assert "ttt" not in str(AuditEvent.objects.values_list("before", "after"))


def test_another_channel_relays_what_people_write_there_from_then_on(pair: Pair) -> None:
    edit_pair(actor="me", pair_id=pair.pk, change=PairChange(target=DiscordTarget(21, 5, "other", None)))
    moved = find_pair(pair.pk)
    assert moved.discord_channel == 21
    assert moved.people_since is not None
    assert moved.people_since > moved.created_at
    edit_pair(actor="me", pair_id=pair.pk, change=PairChange(target=DiscordTarget(21, 5, "renamed", None)))
    assert find_pair(pair.pk).people_since == moved.people_since, "it is the same channel"


def test_the_session_may_post_in_place_of_the_bot(pair: Pair) -> None:
    stands = delivery(pair, 1, 2, act="post", state="sent", remote_id=501)
    same_chat = ChatInfo(30, "Copy", "", is_broadcast=True, protected=False, can_post=True, top_message_id=0)
    edit_pair(actor="me", pair_id=pair.pk, change=PairChange(poster=Poster(same_chat, None)))
    assert find_pair(pair.pk).sender is None
    assert now(stands).remote_id == 501, "the chat is the same: replies go on"


def test_titles_and_options(pair: Pair) -> None:
    titles = Titles(source="Fresh news", source_username="fresh")
    change = PairChange(options={"protected": "reupload"}, titles=titles)
    edit_pair(actor="me", pair_id=pair.pk, change=change)
    saved = find_pair(pair.pk)
    assert (saved.source_title, saved.source_username, saved.options) == (
        "Fresh news",
        "fresh",
        {"protected": "reupload"},
    )


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (PairChange(options={"colour": "red"}), InvalidInput),
        (PairChange(poster=Poster(ChatInfo(31, "Shut", "", True, False, False, 0), None)), InvalidInput),
        (PairChange(poster=Poster(ChatInfo(10, "News", "", True, False, True, 0), None)), InvalidInput),
        (PairChange(poster=Poster(ChatInfo(99, "Taken", "", True, False, True, 0), None)), Conflict),
    ],
    ids=["no such option", "may not post", "a circle", "exists already"],
)
def test_what_is_refused_changes_nothing(pair: Pair, change: PairChange, error: type[Exception]) -> None:
    Pair.objects.create(source_chat=10, discord_channel=20, destination_chat=99)
    before = Pair.objects.filter(pk=pair.pk).values().get()
    with pytest.raises(error):
        edit_pair(actor="me", pair_id=pair.pk, change=change)
    assert Pair.objects.filter(pk=pair.pk).values().get() == before


def test_who_was_paused_stays_paused_and_what_stopped_is_tried_again(pair: Pair) -> None:
    change = PairChange(poster=Poster(NEW_CHAT, pair.sender))
    Pair.objects.filter(pk=pair.pk).update(status="error", status_reason="hop 2: gone")
    edit_pair(actor="me", pair_id=pair.pk, change=change)
    assert find_pair(pair.pk).status == "active"
    pause([pair.pk], actor="me", reason="holiday")
    back = ChatInfo(30, "Copy", "", is_broadcast=True, protected=False, can_post=True, top_message_id=0)
    edit_pair(actor="me", pair_id=pair.pk, change=PairChange(poster=Poster(back, pair.sender)))
    assert (find_pair(pair.pk).status, find_pair(pair.pk).status_reason) == ("paused", "holiday")


def test_a_change_that_was_cut_off_holds_nothing_for_good(pair: Pair) -> None:
    row = delivery(pair, 1, 2, state="held")
    Pair.objects.filter(pk=pair.pk).update(status="paused", status_reason=REASON)
    assert let_go() == 0
    Pair.objects.filter(pk=pair.pk).update(status="active", status_reason="")
    assert let_go() == 1
    assert now(row).state == "waiting"


def test_a_removed_pair_sends_nothing_and_can_be_made_again(pair: Pair) -> None:
    queued, stands = delivery(pair, 1, 2), delivery(pair, 1, 1, act="post", state="sent", remote_id=1)
    Inbox.objects.create(pair=pair, scope="dc:20", message_id=1, act="create", created_at=timezone.now())
    with pytest.raises(NotFound, match="999"):
        remove_pairs(actor="me", pair_ids=[pair.pk, 999])
    assert remove_pairs(actor="me", pair_ids=[pair.pk], reason="old") == [pair.pk]
    assert (now(queued).state, queued.reason, now(stands).state) == ("skipped", "the pair was removed", "sent")
    assert not Assignment.objects.exists()
    assert not Inbox.objects.exists()
    pair.refresh_from_db()
    assert (pair.status, pair.webhook_sealed) == ("removed", None)
    event = AuditEvent.objects.get(action="pair.remove")
    assert (event.before["session"], event.before["destination"], event.reason) == ("main", 30, "old")
    Pair.objects.create(source_chat=10, discord_channel=20, destination_chat=30)


def test_pairs_are_found_by_whatever_names_them(pair: Pair) -> None:
    other = Pair.objects.create(source_chat=11, source_title="Weather", discord_channel=21, destination_chat=33)
    for text, found in (
        ("", [pair.pk, other.pk]),
        ("news", [pair.pk]),
        ("WEATHER", [other.pk]),
        ("@copy_bot", [pair.pk]),
        ("main active", [pair.pk]),
        ("-1000000000011", [other.pk]),
        ("9" * 60, []),
        ("%", []),
        ("new\0s \ud800", []),
    ):
        page = search_pairs(text, offset=0, limit=10)
        assert ([one.id for one in page.pairs], page.total) == (found, len(found)), text
    assert [one.id for one in search_pairs("", offset=1, limit=1).pairs] == [other.pk]
