"""After a flow that used every kind of secret, none stands in the database, in Redis, in a log, in a page of the admin
site or in a process's arguments."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from django.apps import apps
from django.contrib.auth.models import User
from django.test import Client
from django.urls import NoReverseMatch, reverse
from psycopg import sql

from project.core.crypto import unseal
from project.core.models import AuditEvent
from project.core.operators import Role
from project.core.sealed import sealed_secrets
from sessions.models import AccountSecret, TelegramSession
from tests.acceptance.rig import Account, Talker, World

PASSWORD = "correct horse battery"
ROOMS = ("core", "tg_sessions", "pairs", "workers")


@pytest.mark.sentence("S-03", "S-15", "S-77")
async def test_no_secret_stands_anywhere_after_a_flow_that_used_all(world: World) -> None:
    account, typed = await logged_in(world)
    async with world.control() as control:
        made = await control.telegram.create_bot("Courier", username=world.fresh("courier") + "_bot")
    operator = await world.operator()
    await operator.says(f"/addbot {made.token}")
    await operator.sees("is ready")
    await operator.says(f"/editsession {account.name} meta.team=blue proxy=socks5://secretuser:secretpass@127.0.0.1:9")
    await operator.sees(account.name)
    route = await world.pair(await world.session("reader"))
    await world.post(route, "relayed before the search")
    await world.arrives(route, "relayed before the search")

    known = {
        "2FA password": PASSWORD,
        "code as typed": typed,
        "phone": account.phone.lstrip("+"),
        "bot token": made.token,
    }
    known |= {"proxy's password": "secretpass", "discord token": world.processes.env["DISCORD_BOT_TOKEN"]}
    known |= {
        "admin bot token": world.processes.env["ADMIN_BOT_TOKEN"],
        "master key": world.processes.env["MASTER_KEYS"],
    }
    known |= await world.orm(opened_keys, world)
    places = await world.orm(everywhere, world)
    assert len(places["database"]) > 10_000
    assert b"relayed before the search" in places["database"], "the search sees what is there"
    found = {(what, where) for what, secret in known.items() for where, text in places.items() if stands(secret, text)}
    assert found == set()
    assert re.search(rb"\+49\S*" + "•".encode(), places["admin site"]), "phones are shown masked"


@pytest.mark.sentence("S-44", "S-106")
async def test_a_deleted_session_leaves_its_trail_and_nothing_else(world: World) -> None:
    account = await world.session("leaver")
    row = await world.orm(TelegramSession.objects.get, name=account.name)
    operator = await world.operator(Role.OWNER)
    await operator.says(f"/deletesession {account.name}")
    await operator.press(f"Delete {account.name}")
    await operator.sees("is deleted")
    assert not await world.orm(AccountSecret.objects.filter(account=row.account).exists)
    async with world.control() as control:
        assert (await control.telegram.counters()).calls[str(account.user_id)]["auth.logOut"] == 1
    acts = await world.orm(lambda: set(AuditEvent.objects.filter(target=row.account).values_list("action", flat=True)))
    assert {"session.register", "session.delete"} <= acts
    await operator.says(f"/registersession {account.name} {account.phone}")  # name and number are free again
    await operator.sees("is registered")


async def logged_in(world: World) -> tuple[Account, str]:
    """An account with a password that logged in by typing; what was typed for the code."""
    account = await world.account("secretive", password=PASSWORD)
    operator = await world.operator()
    await operator.says(f"/registersession {account.name} {account.phone}")
    await operator.press("Log in")
    await operator.press("Code")
    await operator.sees("to the Telegram app")
    async with world.control() as control:
        typed = "q".join(await control.telegram.login_code(account.phone))
    await operator.says(typed)
    await operator.sees("has a password")
    await operator.says(PASSWORD)
    await operator.sees("is logged in")
    await gone(operator, typed, PASSWORD)
    return account, typed


async def gone(operator: Talker, *secrets: str) -> None:
    """What was typed is deleted from the chat at once."""
    left = await operator.own_messages()
    assert not [text for text in left if any(secret in text for secret in secrets)]


def opened_keys(world: World) -> dict[str, bytes]:
    """Of every sealed secret, its content, or the middle of it when it is long."""
    keys = world.processes.config.master_keys
    opened = {
        f"{owner}, sealed {place}": unseal(blob, owner=owner, keys=keys)
        for place, (owner, blob) in enumerate(sealed_secrets())
    }
    return {name: found[len(found) // 2 :][:32] if len(found) > 64 else found for name, found in opened.items()}


def everywhere(world: World) -> dict[str, bytes]:
    """All that a thief without the keys may get hold of."""
    logs = world.processes.logs.glob("*.log*")
    return {
        "database": b"".join(database(world)),
        "redis": b"".join(redis_dump(world)),
        "logs": b"".join(path.read_bytes() for path in logs),
        "admin site": b"".join(pages()),
        "arguments": b"".join(arguments()),
    }


def database(world: World) -> Iterator[bytes]:
    """Every table, as COPY writes it."""
    with psycopg.connect(world.processes.config.database_url) as conn:
        names = conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (name,) in names:
            with conn.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(name))) as rows:
                yield from (bytes(part) for part in rows)


def redis_dump(world: World) -> Iterator[bytes]:
    """Every key with its value."""
    with redis.Redis.from_url(world.processes.config.redis_url) as client:
        for key in client.scan_iter():
            yield key + (client.dump(key) or b"")


def pages() -> Iterator[bytes]:
    """Lists and detail pages of the admin site."""
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.filter(username="thief").first() or User.objects.create_superuser("thief"))
    for room in ROOMS:
        for model in apps.get_app_config(room).get_models():
            meta = model._meta
            yield client.get(reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")).content
            for row in model._default_manager.all()[:5]:
                try:
                    page = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
                except NoReverseMatch:
                    continue
                yield client.get(page).content


def arguments() -> Iterator[bytes]:
    """Command lines of this user's processes."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_bytes()
        except OSError:  # it has just ended
            continue


def stands(secret: str | bytes, text: bytes) -> bool:
    """As it is, in hexadecimal digits, or in base64."""
    raw = secret.encode() if isinstance(secret, str) else secret
    return any(form in text for form in (raw, raw.hex().encode(), base64.b64encode(raw).rstrip(b"=")))


def test_the_search_would_find_a_secret() -> None:
    assert all(stands("hunter22", text) for text in (b"a hunter22 b", b"68756e7465723232", b"aHVudGVyMjI="))
    assert not stands("hunter22", b"hunter2")
