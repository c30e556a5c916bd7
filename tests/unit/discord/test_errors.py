"""Which of our errors an answer of Discord becomes."""

from __future__ import annotations

import json

import pytest

from project.core import unknown
from project.core.errors import (
    AccountDead,
    Ambiguous,
    GatewayError,
    Refused,
    RetryLater,
    TargetGone,
    Unreachable,
)
from project.core.secret import Secret
from project.discord import routes, wire
from project.discord.errors import MEANINGS, Holds, failure, is_invalid
from project.discord.objects import Webhook

HOOK = Webhook(7, Secret("hook-token-that-is-secret"))
SEND = routes.channel("POST", 5, "/messages")
READ = routes.channel("GET", 5, "/messages")
EXECUTE = routes.webhook("POST", HOOK)
DISCORD = {"Via": "1.1 google"}


def answer(status: int, code: int = 0, **more: object) -> bytes:
    return json.dumps({"message": f"{status}", "code": code, **more}).encode()


@pytest.mark.parametrize(
    ("route", "status", "code", "kind"),
    [
        (SEND, 401, 0, AccountDead),
        (EXECUTE, 401, 50027, TargetGone),
        (EXECUTE, 401, 0, TargetGone),
        (SEND, 400, 40002, AccountDead),
        (SEND, 404, 10003, TargetGone),
        (SEND, 404, 10004, TargetGone),
        (EXECUTE, 404, 10015, TargetGone),
        (SEND, 403, 50001, TargetGone),
        (SEND, 403, 50013, TargetGone),
        (SEND, 403, 99999, TargetGone),
        (EXECUTE, 400, 220001, TargetGone),
        (SEND, 404, 10008, Refused),
        (SEND, 403, 50005, Refused),
        (SEND, 403, 200000, Refused),
        (SEND, 400, 50035, Refused),
        (SEND, 400, 50006, Refused),
        (SEND, 400, 99999, Refused),
        (SEND, 413, 40005, Refused),
        (SEND, 500, 0, Ambiguous),
        (SEND, 502, 0, Ambiguous),
        (EXECUTE, 504, 0, Ambiguous),
        (READ, 503, 0, Unreachable),
    ],
)
def test_kind_by_status_and_code(route: routes.Route, status: int, code: int, kind: type[GatewayError]) -> None:
    error = failure(route, status, DISCORD, answer(status, code))
    assert type(error) is kind
    assert error.code == str(code or status)
    assert error.message


@pytest.mark.parametrize("route", [SEND, EXECUTE, READ])
def test_b07_a_block_of_the_address_by_cloudflare_is_a_wait_of_everything(route: routes.Route) -> None:
    body = b'{"message":"internal network error","code":40333}'
    error = failure(route, 403, {}, body)
    assert isinstance(error, RetryLater)
    assert (error.retry_after, error.scope) == (60.0, routes.CLOUDFLARE)
    later = failure(route, 403, {"Retry-After": "300"}, body)
    assert isinstance(later, RetryLater)
    assert later.retry_after == 300.0


def test_each_row_of_the_table_says_what_it_is_about() -> None:
    for code, row in MEANINGS.items():
        assert row.text.endswith("."), code
        assert (row.changing is row.posting) or (row.posting, row.changing) == (Holds.CHAT, Holds.MESSAGE), code


def test_what_no_table_knows_is_judged_by_its_status_and_counted() -> None:
    unknown.take()
    refused, gone = failure(SEND, 400, DISCORD, answer(400, 99999)), failure(SEND, 403, DISCORD, answer(403, 99999))
    assert type(refused) is Refused
    assert isinstance(gone, TargetGone)
    assert not gone.stops_changes
    counted = {(item.code, item.status, item.method): times for item, times in unknown.take().items()}
    method = "POST /channels/*/messages"
    assert counted == {("99999", "400", method): 1, ("99999", "403", method): 1}


def test_html_is_never_taken_for_discords_word() -> None:
    assert type(failure(SEND, 403, {}, b"<html>denied</html>")) is Unreachable
    assert type(failure(SEND, 302, {"Location": "http://evil"}, b"")) is Unreachable
    assert type(failure(SEND, 413, {}, b"<html>too large</html>")) is Refused
    assert type(failure(SEND, 502, {}, b"<html>bad gateway</html>")) is Ambiguous


@pytest.mark.parametrize(
    ("route", "headers", "body", "wait", "scope"),
    [
        (SEND, DISCORD, answer(429, retry_after=1.25), 1.25, "dc:channel:5"),
        (EXECUTE, DISCORD, answer(429, retry_after=0.4), 0.4, "dc:webhook:7"),
        (SEND, DISCORD, answer(429, retry_after=3, **{"global": True}), 3.0, "dc:global"),
        (EXECUTE, DISCORD, answer(429, retry_after=3, **{"global": True}), 3.0, "dc:address"),
        (SEND, DISCORD | {"X-RateLimit-Global": "true"}, answer(429, retry_after=2), 2.0, "dc:global"),
        (SEND, DISCORD | {"Retry-After": "9"}, answer(429), 9.0, "dc:channel:5"),
        (SEND, DISCORD | {"Retry-After": "soon"}, answer(429), 1.0, "dc:channel:5"),
        (SEND, {"Retry-After": "600"}, b"<html>banned</html>", 600.0, "dc:cloudflare"),
        (SEND, {}, answer(429, retry_after=1), 60.0, "dc:cloudflare"),
    ],
)
def test_waits(route: routes.Route, headers: dict[str, str], body: bytes, wait: float, scope: str) -> None:
    error = failure(route, 429, headers, body)
    assert isinstance(error, RetryLater)
    assert (error.retry_after, error.scope) == (wait, scope)


def test_a_webhooks_token_shows_nowhere() -> None:
    error = failure(EXECUTE, 404, DISCORD, answer(404, 10015))
    assert "secret" not in f"{EXECUTE!r} {EXECUTE.scope} {error!r} {error.for_people()}"


@pytest.mark.parametrize(
    ("status", "headers", "counts"),
    [
        (401, DISCORD, True),
        (403, DISCORD, True),
        (429, DISCORD | {"X-RateLimit-Scope": "user"}, True),
        (429, DISCORD | {"X-RateLimit-Scope": "global"}, True),
        (429, {}, True),
        (429, DISCORD | {"X-RateLimit-Scope": "shared"}, False),
        (404, DISCORD, False),
        (400, DISCORD, False),
        (500, DISCORD, False),
        (200, DISCORD, False),
    ],
)
def test_what_counts_towards_a_ban(status: int, headers: dict[str, str], counts: bool) -> None:
    assert is_invalid(status, headers) is counts


@pytest.mark.parametrize("odd", [None, "x", [], {}, True, -1])
def test_odd_fields_of_an_error_are_as_good_as_absent(odd: object) -> None:
    refused = failure(SEND, 400, DISCORD, json.dumps({"message": odd, "code": odd}).encode())
    assert isinstance(refused, Refused)
    waited = failure(
        SEND,
        429,
        DISCORD | {"Retry-After": "7"},
        json.dumps({"code": odd, "global": odd if odd is not True else 1}).encode(),
    )
    assert isinstance(waited, RetryLater)
    assert (waited.retry_after, waited.scope) == (7.0, "dc:channel:5")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "it is no JSON"),
        (b"<html>", "it is no JSON"),
        (b"[]", "Expected `object`, got `array`"),
        (b"{}", "missing required field `id`"),
        (b'{"id": 5}', "at `$.id`"),
        (b'{"id": "5", "author": {"id": "x"}}', "at `$.author.id`"),
        (b'{"id": "5", "author": {"id": "6"}, "attachments": [{"id": "7"}, {}]}', "at `$.attachments[1]`"),
    ],
)
def test_an_answer_that_cannot_be_read_names_the_route_and_the_field(body: bytes, told: str) -> None:
    with pytest.raises(Unreachable) as problem:
        wire.read(READ, body, wire.Message)
    assert problem.value.message.startswith("Discord's answer to GET /channels/*/messages cannot be read: ")
    assert told in problem.value.message
    with pytest.raises(Ambiguous) as unclear:
        wire.read(EXECUTE, body, wire.Message)
    assert "POST /webhooks/*" in unclear.value.message
    assert HOOK.token.reveal() not in unclear.value.message


def test_null_is_as_good_as_absent() -> None:
    body = b'{"id": "5", "author": {"id": "6", "username": null}, "content": null, "attachments": null, "nonce": null}'
    found = wire.posted(wire.read(READ, body, wire.Message))
    assert (found.content, found.attachments, found.webhook_id) == ("", 0, None)
