"""Every refusal that the loopback Telegram's code can make is one of Telegram's, with its own code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from telethon.errors import rpcerrorlist

from project.sandbox.telegram.errors import RpcRefusedError
from project.sandbox.telegram.rpc import dispatch  # noqa: F401  (all methods)
from project.sandbox.telegram.rpc.registry import METHODS, name_of
from tests.harness.telegram_refusals import ANY, listed, strange

SANDBOX = Path(__file__).parents[3] / "project" / "sandbox"
# Telegram's reference has them (https://core.telegram.org/method/messages.sendMessage), Telethon's list has not.
NOT_IN_TELETHON = {"REPLY_MESSAGE_ID_INVALID": 400, "REPLY_TO_INVALID": 400}


@cache
def said() -> dict[str, int]:
    """Each name in the sandbox's code with the code that it is answered with; numbers in a name are 1."""
    found = {}
    for path in SANDBOX.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "RpcRefusedError":
                for name in names(node.args[0]):
                    code = node.args[1].value if len(node.args) > 1 else None  # type: ignore[attr-defined]
                    found[name] = RpcRefusedError(name, code).code
    return found


def names(node: ast.expr) -> Iterator[str]:
    """The texts that an expression can be, as far as they stand in the code."""
    match node:
        case ast.Constant(value=str() as name):
            yield name
        case ast.JoinedStr(values=parts):
            yield "".join(part.value if isinstance(part, ast.Constant) else "1" for part in parts)
        case ast.IfExp(body=one, orelse=other) | ast.BoolOp(values=[one, other]):
            yield from names(one)
            yield from names(other)


def telegrams(name: str) -> int | None:
    """The code of Telegram's error of that name; None when there is none."""
    kind = rpcerrorlist.rpc_errors_dict.get(name)
    matching = (kind for pattern, kind in rpcerrorlist.rpc_errors_re if re.fullmatch(pattern, name))
    kind = kind or next(matching, None)
    return NOT_IN_TELETHON.get(name) if kind is None else int(kind.code)


@pytest.mark.parametrize("name", sorted(said()))
def test_a_refusal_is_one_of_telegrams(name: str) -> None:
    assert said()[name] == telegrams(name)


def test_every_method_has_its_list() -> None:
    assert {name_of(request) for request in METHODS} == listed().keys() - {ANY}


@pytest.mark.parametrize("name", sorted(set().union(*listed().values())))
def test_a_listed_error_is_one_of_telegrams(name: str) -> None:
    assert telegrams(name.replace("_X", "_1")) is not None


def test_what_no_list_has_is_strange() -> None:
    found = {("messages.sendMessage", "FLOOD_WAIT_X"), ("upload.getFile", "MESSAGE_EMPTY"), ("auth.logOut", "NEW_NAME")}
    assert strange(found) == ["auth.logOut: NEW_NAME", "upload.getFile: MESSAGE_EMPTY"]


def test_the_code_is_searched() -> None:
    found = said()
    assert len(found) > 60
    assert {"CHANNEL_PRIVATE", "FLOOD_WAIT_1", "MULTI_MEDIA_TOO_LONG", "AUTH_KEY_UNREGISTERED"} <= found.keys()
    assert telegrams("ENTITY_TYPE_INVALID") is None
