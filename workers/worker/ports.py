"""What the runtime needs from the rooms below, as it uses it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from project.core.leases import Holding

if TYPE_CHECKING:
    from project.core.link import Link
    from project.core.pg import Connection


class Record(Protocol):
    """An account as its room stored it."""

    @property
    def state(self) -> bytes | None:
        """The Telegram client's state; None before the first login."""

    @property
    def runnable(self) -> bool:
        """Logged in and enabled."""

    @property
    def open_login(self) -> bool:
        """Somebody waits for a login to go on."""

    @property
    def new_login(self) -> bytes | None:
        """What of the state serves a new login, when its key is dead."""

    @property
    def way(self) -> object:
        """How it connects; another value than before means to connect anew."""


class Account(Protocol):
    """One connection to Telegram."""

    async def connect(self) -> None:
        """Connect; raises AccountDead, Unreachable."""

    async def disconnect(self) -> None:
        """Close hard."""

    async def run(self) -> None:
        """Stay until disconnected; raises AccountDead."""

    def snapshot(self) -> bytes:
        """The state to store. Secret."""

    async def me(self) -> Any:
        """Ask Telegram who this is."""

    @property
    def connected(self) -> bool:
        """Whether its connection stands."""

    @property
    def proxied(self) -> bool:
        """Whether it connects through a proxy."""

    async def datacenter_answers(self) -> bool:
        """Whether its data centre answers a handshake without its key. Bounded."""

    @property
    def answered_ago(self) -> float:
        """Seconds since Telegram last answered a call."""

    @property
    def clock_skew(self) -> float:
        """Seconds by which Telegram's clock is ahead of ours."""

    def seen(self, chat_ids: Sequence[int], *, within: float) -> dict[int, str]:
        """What looks of the last seconds showed of chats; nothing is asked."""

    async def look(self, chat_ids: Sequence[int]) -> Mapping[int, Any]:
        """What chats are to the account (`seen` of each)."""

    async def freeze(self) -> Freeze | None:
        """On which terms the account is frozen; None if it is not."""


class Freeze(Protocol):
    """An account that may only read."""

    def for_people(self) -> str:
        """What Telegram will do, and what its owner can do."""


class Counters(Protocol):
    """Figures of one worker group."""

    @property
    def number(self) -> int:
        """The group's number within its session."""

    @property
    def pairs(self) -> int:
        """Its pairs."""

    @property
    def sent(self) -> int:
        """Parts sent since the process started."""

    @property
    def unsynced(self) -> int:
        """Sources not caught up yet."""

    @property
    def restarts(self) -> int:
        """Restarts of the group since the process started."""

    @property
    def resting(self) -> bool:
        """Whether it broke and waits for its next start."""


class Engine(Protocol):
    """The pairs' lanes of this process."""

    async def hold(self, holding: Holding, account: Any) -> None:
        """A connected account is here: its lanes start."""

    async def drop(self, account: str) -> None:
        """Its lanes end; no sends any more."""

    def on_update(self, account: str) -> Callable[[Any], None]:
        """Where the account's updates go."""

    def wake(self) -> None:
        """Rows changed."""

    def hear(self, news: str) -> None:
        """The journal holds something new for a pair or the inbox (pairs/news.py)."""

    async def drain(self) -> None:
        """End all lanes, in at most 8 s."""

    def counters(self) -> Sequence[Counters]:
        """Figures of each worker group."""

    def restart_group(self, number: int) -> None:
        """Everything of this group ends and starts anew."""


class Doors(Protocol):
    """The ways into the rooms below."""

    @property
    def opened(self) -> Engine | None:
        """The engine, once there is one."""

    async def engine(self, link: Link) -> Engine:
        """The one engine of this process, started at the first call with what the database says over `link`."""

    async def run(self) -> None:
        """Raise what is fatal to this process. Ends only by cancellation."""

    async def load(self, conn: Connection, account: str) -> Record:
        """The account as it is stored now."""

    async def save(self, conn: Connection, holding: Holding, state: bytes) -> None:
        """Store its state, fenced."""

    async def log_in(self, link: Link, holding: Holding, account: Any) -> bool:
        """Take the next step of an open login, if it is this side's turn; True when the account is logged in."""

    async def give_away(self, conn: Connection, holding: Holding) -> None:
        """Hand over pairs that are wanted elsewhere, while the account is not connected."""

    async def sources(self, conn: Connection, account: str) -> Sequence[int]:
        """The source chats of the session's pairs."""

    async def check_asked(self, conn: Connection, account: str) -> str:
        """The mark of a check that somebody waits for, given out once; "" when nobody does."""

    async def answer(self, link: Link, holding: Holding, account: Any) -> None:
        """Answer what people asked of the account's live connection."""

    def account(
        self,
        name: str,
        record: Any,
        state: bytes | None,
        on_update: Callable[[Any], None],
        on_state: Callable[[], None],
    ) -> Account:
        """Its connection, not connected yet."""
