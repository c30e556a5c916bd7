"""/operators, the claim link, and who is let in at all."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.conf import settings as django_settings
from pytest_django.fixtures import Settings

from project.core.claim_token import hash_of, new_token
from project.core.claims import make_claim
from project.core.config import current
from project.core.models import AuditEvent, Operator
from tests.integration.bot.conftest import OPERATOR, OWNER, STRANGER, VIEWER, People
from tests.integration.bot.fakes import FakeTelegram, in_db


def rows(action: str) -> list[tuple[str, str, object]]:
    return list(AuditEvent.objects.filter(action=action).values_list("actor", "reason", "after"))


def role_of(user_id: int) -> str:
    return str(Operator.objects.get(user_id=user_id).role)


async def test_operators_are_added_changed_and_removed(person: People, telegram: FakeTelegram) -> None:
    owner, added = person(OWNER), person(4711)
    await owner.says("/operators add 4711 viewer Grace Hopper")
    assert "4711" in await owner.sees()
    await owner.says("/operators")
    assert "Grace Hopper" in await owner.sees()
    assert "cannot write to them: has not written to the bot yet" in await owner.sees()
    await owner.says("/operators role 4711 operator")
    await added.says("/whoami")
    assert "operator" in await added.sees()
    await owner.says("/operators remove 4711")
    assert await in_db(role_of, 4711) == "operator"  # not before the confirmation
    await owner.press("Remove")
    await owner.press_data("operators", message=telegram.last(OWNER)[0], chat=OWNER)
    assert "4711" not in await owner.sees()
    before = len(telegram.texts(4711))
    await added.says("/whoami")
    assert len(telegram.texts(4711)) == before
    assert [actor for actor, _, _ in await in_db(rows, "operator.remove")] == ["bot:7"]


async def test_all_that_is_wrong_is_told_at_once(person: People) -> None:
    owner = person(OWNER)
    await owner.says("/operators add ada king")
    said = await owner.sees()
    assert "user id is a number" in said
    assert "viewer, operator, owner" in said
    assert "<code>/operators add 123456789 operator</code>" in said
    await owner.says("/operators add ²² owner")
    assert "user id is a number" in await owner.sees()
    await owner.says(f"/operators remove {OWNER}")
    assert "ADMIN_USER_IDS" in await owner.sees()


async def test_the_last_owner_stays(person: People, settings: Settings) -> None:
    settings.RELAY = replace(django_settings.RELAY, admin_user_ids=())
    await in_db(Operator.objects.filter(user_id=OPERATOR).update, role="owner")
    last = person(OPERATOR)
    for command in (f"/operators remove {OPERATOR}", f"/operators role {OPERATOR} viewer"):
        await last.says(command)
        assert "last owner" in await last.sees()
    await last.says(f"/operators role {VIEWER} owner")
    await last.says(f"/operators role {OPERATOR} viewer")
    assert await in_db(role_of, OPERATOR) == "viewer"


@pytest.mark.parametrize("stored", ["setting", "row"])
async def test_the_claim_link_works_once_and_only_without_an_owner(
    person: People, telegram: FakeTelegram, settings: Settings, stored: str
) -> None:
    token = new_token()
    claiming = replace(current(), admin_user_ids=(), owner_claim_hash=hash_of(token))
    settings.RELAY = claiming if stored == "setting" else replace(claiming, owner_claim_hash="")
    if stored == "row":
        made = await in_db(make_claim, actor="cli:test")
        assert made is not None
        token = made
    first, second = person(STRANGER), person(STRANGER + 1)
    await first.says("/start claim_wrong")
    await first.says("/start")
    assert telegram.texts(first.id) == []
    await first.says(f"/start claim_{token.reveal()}")
    assert "you own this bot" in await first.sees()
    await first.says("/whoami")
    assert "(by the claim link)" in await first.sees()
    await second.says(f"/start claim_{token.reveal()}")
    assert telegram.texts(second.id) == []
    await in_db(Operator.objects.filter(user_id=STRANGER).delete)  # nobody owns it again
    await second.says(f"/start claim_{token.reveal()}")
    assert telegram.texts(second.id) == []
    assert await in_db(make_claim, actor="cli:test") is not None
    assert [actor for actor, _, _ in await in_db(rows, "operator.claim")] == [f"bot:{STRANGER}"]


async def test_an_operator_may_claim_what_nobody_owns(person: People, settings: Settings) -> None:
    token = new_token()
    settings.RELAY = replace(current(), admin_user_ids=(), owner_claim_hash=hash_of(token))
    operator = person(OPERATOR)
    await operator.says(f"/start claim_{token.reveal()}")
    assert "you own this bot" in await operator.sees()
    assert await in_db(role_of, OPERATOR) == "owner"
