"""Which methods exist, and what a method is told about its caller."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from project.sandbox.telegram.connection import Connection
from project.sandbox.telegram.errors import RpcRefusedError
from project.sandbox.telegram.keys import AuthKey
from project.sandbox.telegram.state import State
from project.sandbox.telegram.tl import Renderer
from project.sandbox.telegram.users import User


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the world, who asks, and through which connection. `where` is each data centre's host and port."""

    state: State
    render: Renderer
    connection: Connection
    key: AuthKey
    where: Mapping[int, tuple[str, int]]
    user: User | None

    @property
    def dc(self) -> int:
        """The data centre that is asked."""
        return self.connection.dc

    @property
    def me(self) -> User:
        """The caller's account. Raises AUTH_KEY_UNREGISTERED before a login."""
        if self.user is None:
            raise RpcRefusedError(self.key.revoked or "AUTH_KEY_UNREGISTERED")
        return self.user

    @property
    def now(self) -> float:
        """Monotonic seconds."""
        return self.state.clock.monotonic()


Handler = Callable[[Call, Any], Any]


@dataclass(frozen=True, slots=True)
class Method:
    """A method and who may call it."""

    name: str
    handle: Handler
    bots: bool
    anybody: bool
    writes: bool
    anywhere: bool

    def check(self, call: Call) -> None:
        """Raises what the caller is refused for before the method even looks at its arguments."""
        if self.anybody and call.user is None:
            return
        me = call.me
        if me.dead:
            raise RpcRefusedError(me.dead)
        if me.dc != call.dc and not (self.anywhere or self.anybody):
            raise RpcRefusedError(f"USER_MIGRATE_{me.dc}")
        if me.is_bot and not self.bots:
            raise RpcRefusedError("BOT_METHOD_INVALID")
        if me.freeze is not None and self.writes:
            raise RpcRefusedError("FROZEN_METHOD_INVALID")


METHODS: dict[type, Method] = {}


def name_of(request_class: type) -> str:
    """The TL name of a request class: "messages.sendMessage"."""
    namespace = request_class.__module__.rpartition(".")[2]
    short = request_class.__name__.removesuffix("Request")
    short = short[0].lower() + short[1:]
    return short if namespace == "functions" else f"{namespace}.{short}"


def method(
    request_class: type, *, bots: bool = True, anybody: bool = False, writes: bool = False, anywhere: bool = False
) -> Callable[[Handler], Handler]:
    """Registers the handler of a method.

    Without `bots`, bots get BOT_METHOD_INVALID; `anybody` needs no login; `writes` is refused to frozen accounts;
    without `anywhere` a logged-in account that lives in another data centre is sent there.
    """

    def register(handler: Handler) -> Handler:
        METHODS[request_class] = Method(name_of(request_class), handler, bots, anybody, writes, anywhere)
        return handler

    return register
