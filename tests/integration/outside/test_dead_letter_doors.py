"""Dead letters as people see them: the command and the admin site."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from pairs.models import Delivery, Event, Pair
from project.core.errors import Conflict, InvalidInput, NotFound
from project.core.models import AuditEvent

pytestmark = pytest.mark.django_db


def dead(pair: Pair, seq: int, *, reason: str = "Invalid Form Body", hours: int = 0) -> Delivery:
    """A dead letter of a message taken so many hours ago."""
    event = Event.objects.create(
        pair=pair,
        seq=seq,
        scope="tg:1",
        message_id=seq,
        kind="create",
        content_hash=b"x",
        payload={"scope": "tg:1", "message_id": seq, "date": 1, "text": [{"style": "text", "text": f"text {seq}"}]},
        created_at=timezone.now() - timedelta(hours=hours),
    )
    return Delivery.objects.create(
        event=event, pair=pair, seq=seq, hop=1, act="post", state="dead", source_message=seq, reason=reason, tries=3
    )


@pytest.fixture
def pair() -> Pair:
    return Pair.objects.create(source_chat=1, discord_channel=1, destination_chat=1)


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("deadletters", *arguments, stdout=out)
    return out.getvalue()


def test_the_list_is_narrowed_by_pair_reason_and_age(pair: Pair) -> None:
    other = Pair.objects.create(source_chat=2, discord_channel=1, destination_chat=1)
    old, new, foreign = dead(pair, 1, hours=3), dead(pair, 2, reason="too long"), dead(other, 1)
    ids = {letter.pk: str(letter.pk) for letter in (old, new, foreign)}

    def listed(*options: str) -> set[int]:
        firsts = {line.split()[0] for line in said("list", *options).splitlines()}
        return {pk for pk, text in ids.items() if text in firsts}

    assert listed() == set(ids)
    assert listed("--pair", str(pair.pk)) == {old.pk, new.pk}
    assert listed("--reason", "form body") == {old.pk, foreign.pk}
    assert listed("--older-than", "2h") == {old.pk}
    assert "no dead letters" in said("list", "--pair", "0")


def test_one_is_shown_and_sent_again_and_then_no_more(pair: Pair) -> None:
    letter = dead(pair, 1)
    assert "text 1" in said("show", str(letter.pk))
    assert "goes out again" in said("replay", str(letter.pk))
    letter.refresh_from_db()
    assert (letter.state, letter.act, letter.replays, letter.tries) == ("waiting", "plan", 1, 0)
    assert AuditEvent.objects.get().action == "delivery.replay"
    with pytest.raises(Conflict, match="no dead letter"):
        said("replay", str(letter.pk))
    with pytest.raises(NotFound):
        said("show", "999999999")


def test_a_file_without_a_text_is_shown_by_its_name(pair: Pair) -> None:
    letter = dead(pair, 1)
    picture = {"kind": "photo", "name": "p.jpg", "mime": "image/jpeg", "size": 1}
    Event.objects.update(payload={"scope": "tg:1", "message_id": 1, "date": 1, "attachments": [picture]})
    assert "[photo: p.jpg]" in said("show", str(letter.pk))
    Event.objects.update(payload=None)
    assert "Its content is gone." in said("show", str(letter.pk))


def test_a_pair_at_rest_is_told(pair: Pair) -> None:
    letter = dead(pair, 1)
    Pair.objects.update(status="paused")
    assert "is paused" in said("replay", str(letter.pk))


def test_several_are_sent_again_by_what_they_have_in_common(pair: Pair) -> None:
    dead(pair, 1), dead(pair, 2), dead(pair, 3, reason="other")
    assert "2 go out again" in said("replay", "--reason", "Form")
    assert "1 go out again" in said("replay", "--all")


@pytest.mark.parametrize("arguments", [(), ("1", "--all"), ("--older-than", "soon"), ("--older-than", "99999999d")])
def test_half_said_is_refused(pair: Pair, arguments: tuple[str, ...]) -> None:
    letter = dead(pair, 1)
    with pytest.raises(InvalidInput):
        said("replay", *arguments)
    letter.refresh_from_db()
    assert letter.state == "dead"


def test_the_admin_site_sends_again_what_may_be(pair: Pair, client: Client) -> None:
    letter, standing = dead(pair, 1), dead(pair, 2)
    Delivery.objects.filter(pk=standing.pk).update(state="sent")
    client.force_login(User.objects.create_superuser("ann", password="x"))
    shown = _send_again(client, letter, standing)
    assert "Sent again: 1." in shown
    assert "is no dead letter" in shown
    letter.refresh_from_db()
    assert letter.state == "waiting"
    assert AuditEvent.objects.get().actor == "admin:ann"


def test_who_may_only_look_sends_nothing_again(pair: Pair, client: Client) -> None:
    letter = dead(pair, 1)
    viewer = User.objects.create_user("bob", password="x", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_delivery"))
    client.force_login(viewer)
    _send_again(client, letter)
    letter.refresh_from_db()
    assert letter.state == "dead"


def _send_again(client: Client, *letters: Delivery) -> str:
    data = {"action": "send_again", "_selected_action": [letter.pk for letter in letters]}
    answer = client.post(reverse("admin:pairs_delivery_changelist"), data, follow=True, secure=True)
    return str(answer.content.decode())
