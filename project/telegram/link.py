"""The life of one account's connection: opening, watching, coming back, and dying for good.

There is at most one connection at a time. A lost one is replaced by `run`, with growing pauses; a dead key or user ends
everything at once, since trying on cannot help and may cost the account.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from random import Random
from typing import Any

from telethon.crypto import rsa
from telethon.errors import RPCError
from telethon.tl import functions, types

from project.core.errors import AccountDead, GatewayError, RetryLater, Unreachable
from project.telegram.backoff import next_attempt, reconnect_delay
from project.telegram.client import Client
from project.telegram.errors import Asked
from project.telegram.governor import Floods, Governor, least_poll
from project.telegram.handshake import datacenter_answers
from project.telegram.messages import neutral_updates
from project.telegram.names import Names
from project.telegram.proxy import parse_proxy
from project.telegram.sender import CALL_LIMIT, Lost, Unreadable
from project.telegram.session import MemorySession
from project.telegram.updates import Gap, Update, chat_scope
from project.telegram.values import App, Endpoint
from project.telegram.verdict import asked_of, dc_address, home_of, verdict

OPEN_LIMIT = 30.0  # seconds for connection, key exchange and introduction together
GRACE = 1.0  # seconds in which an update may still arrive that an answer has overtaken
MOST_UNREADABLE = 1000  # messages remembered
SAVE_EVERY = 60.0  # seconds between two notices that only counters have moved
_FIRST_DC = Endpoint(2, "149.154.167.51", 443, "")  # where a login begins; Telegram sends us on if it is elsewhere

_log = logging.getLogger(__name__)


class Link:
    """Owns the account's session and its one connection. `name` is the account's name in logs and flood scopes."""

    def __init__(
        self,
        *,
        name: str,
        app: App,
        endpoint: Endpoint | None,
        session: MemorySession,
        on_update: Callable[[Update], None],
        on_state: Callable[[], None],
        egress: str,
        proxy: str | None,
    ) -> None:
        self.name, self.session, self.names = name, session, Names()
        self._app, self._egress = app, egress
        self._proxy = parse_proxy(proxy) if proxy else None
        self._on_update, self._on_state = on_update, on_state
        self._client: Client | None = None
        self._dead: AccountDead | None = None
        self._opening = asyncio.Lock()
        self._open_limit: asyncio.Timeout | None = None
        self._stopped = asyncio.Event()
        self.carry_login: Callable[[int], Awaitable[None]]  # set by DataCentres: the login has a key there afterwards
        self._rng = Random()
        self.unreadable: set[tuple[int, int]] = set()  # chat and id of messages that cannot be decoded
        self._saved_at = 0.0
        self._answered_at = float("-inf")
        self._governor, self._floods = Governor(name), Floods()
        self._on_wait: Callable[[str, float], None] = _nothing
        self.login_token_due = True  # to be asked for: nobody did over this connection yet, or somebody scanned it
        _place(session, endpoint)

    # --- life -------------------------------------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        """Whether a connection is open as far as we know."""
        return self._client is not None and bool(self._client.is_connected())

    async def connect(self) -> None:
        """Open the connection, in one attempt. Raises AccountDead, Unreachable, RetryLater."""
        async with self._opening:
            self._stopped.clear()
            if not self.connected:
                await self._drop()
                await self._open()

    async def disconnect(self) -> None:
        """Close at once; `run` returns."""
        self._stopped.set()
        if self._open_limit is not None and not self._open_limit.expired():
            self._open_limit.reschedule(self.clock())
        async with self._opening:
            await self._drop()

    async def renew(self) -> None:
        """Replace the connection by a new one, as after a login."""
        self._notice_changes()
        async with self._opening:
            await self._drop()
            await self._open()

    async def run(self) -> None:
        """Keep the account connected until `disconnect` (returns) or death (raises AccountDead)."""
        attempt = 0
        while not self._stopped.is_set():
            client = self._client
            if client is None:
                attempt = await self._reopen(attempt)
                continue
            opened = self.clock()
            reason = await client.ended()
            async with self._opening:
                if self._client is client:
                    await self._drop()
                    self._note_end(reason)
                    attempt = next_attempt(attempt, self.clock() - opened)
        if self._dead:
            raise self._dead

    async def _reopen(self, attempt: int) -> int:
        """Wait, then try once; the number of the next attempt."""
        await self._pause(reconnect_delay(attempt, self._rng))
        async with self._opening:
            if self._stopped.is_set() or self._client is not None:
                return attempt
            try:
                await self._open()
            except RetryLater as error:
                _log.warning("%s must wait %.0f s before it connects", self.name, error.retry_after)
                await self._pause(error.retry_after)
            except GatewayError as error:
                if isinstance(error, AccountDead):
                    raise
                _log.warning("%s could not connect: %s", self.name, error)
            return attempt + 1

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopped.wait()

    async def _open(self, *, may_move: bool = True) -> None:
        if self._dead:
            raise self._dead
        client = Client(
            self.session,
            self._app,
            egress=self._egress,
            proxy=self._proxy,
            on_updates=self._take_updates,
            on_gap=self._take_gap,
            on_tick=self._tick,
            on_login_token=self._take_login_token,
        )
        self.login_token_due = True
        try:
            async with asyncio.timeout(OPEN_LIMIT) as self._open_limit:
                await client.open()
                if self.session.state.user_id:
                    await client.ask(functions.users.GetUsersRequest([types.InputUserSelf()]))
                    await client.prepare()
        except (RPCError, OSError, BufferError, Unreadable) as error:
            home = home_of(error) if isinstance(error, RPCError) else None
            if home is None or not may_move:
                await client.close()
                raise self._failed(error, Asked(self.name, "connect")) from None
            await self._open_at(home, client)
            return
        except BaseException:
            await client.close()
            raise
        finally:
            self._open_limit = None
        self._client = client
        if self.session.state.user_id:
            self._on_update(Gap(None))
        client.start_tasks()
        self._notice_changes()

    async def _open_at(self, dc_id: int, client: Client) -> None:
        """The account was moved while we were not connected; `client` reached the data centre where it was."""
        self._client = client
        try:
            await self._settle_in(dc_id)
        finally:
            await self._drop()
        await self._open(may_move=False)

    async def _drop(self) -> None:
        client, self._client = self._client, None
        self._answered_at = float("-inf")
        if client is not None:
            await client.close()

    @property
    def proxied(self) -> bool:
        """Whether it connects through a proxy."""
        return self._proxy is not None

    async def datacenter_answers(self) -> bool:
        """Whether the account's data centre answers a stranger, the way we connect."""
        state = self.session.state
        return await datacenter_answers(state.host, state.port, state.dc_id, proxy=self._proxy, egress=self._egress)

    def _note_end(self, reason: BaseException | None) -> None:
        """Decide by the reason whether the account is dead; `run` then raises it."""
        if isinstance(reason, RPCError | OSError | BufferError):
            self._failed(reason, Asked(self.name, "updates"))
        if self._dead:
            self._stopped.set()
        else:
            _log.warning("%s lost its connection (%s)", self.name, type(reason).__name__)

    # --- requests ---------------------------------------------------------------------------------------------------

    async def call(self, request: Any, *, chat_id: int = 0, limit: float = CALL_LIMIT) -> Any:
        """The answer to one request, asked once and within `limit` seconds. Raises GatewayErrors only; RetryLater also
        when a wait that Telegram asked for is not over."""
        asked = asked_of(request, self.name, chat_id)
        self._floods.check(asked, now=self.clock())
        try:
            return await self._ask(request, limit)
        except RPCError as error:
            dc_id = home_of(error)
            if dc_id is None:
                raise self._failed(error, asked) from None
        except Unreadable as error:
            raise self._failed(error, asked) from None
        except Lost as error:
            raise self._lost(error, asked) from None
        await self.move(dc_id)
        try:
            return await self._ask(request, limit)
        except (RPCError, Unreadable) as error:
            raise self._failed(error, asked) from None
        except Lost as error:
            raise self._lost(error, asked) from None

    async def call_in_background(self, request: Any, *, chat_id: int = 0) -> Any:
        """As `call`, for what can wait: RetryLater also when the account has asked enough for now."""
        self._governor.take(now=self.clock(), age=self._age)
        return await self.call(request, chat_id=chat_id)

    @property
    def least_poll(self) -> float:
        """Seconds between two polls that may go on for ever."""
        return least_poll(age=self._age)

    @property
    def _age(self) -> float:
        age = time.time() - self.session.state.since
        if age < 0:  # the clock was ahead when it logged in: it is new from now on, not until that time comes
            self.session.state.since, age = time.time(), 0.0
        return age

    def keep_waits(self, waits: Mapping[str, float], on_wait: Callable[[str, float], None]) -> None:
        """Waits asked for earlier, by key in seconds; `on_wait` is told of new ones."""
        for scope, seconds in waits.items():
            self._floods.hold(scope, seconds, now=self.clock())
        self._on_wait = on_wait

    @property
    def answered_ago(self) -> float:
        """Seconds since Telegram last answered a call by this connection, infinite before that."""
        return self.clock() - self._answered_at

    async def _ask(self, request: Any, limit: float) -> Any:
        if self._dead:
            raise self._dead
        if self._client is None:
            raise Lost(left=False)
        answer = await self._client.ask(request, limit=limit)
        self._answered_at = self.clock()
        self.names.learn(getattr(answer, "users", None) or (), getattr(answer, "chats", None) or ())
        self._notice_changes()
        return answer

    async def move(self, dc_id: int) -> None:
        """Go on in the data centre where the account lives. Raises GatewayErrors."""
        if self.session.dc_id != dc_id:  # else another call was told the same before
            await self._settle_in(dc_id)
            await self.renew()

    async def _settle_in(self, dc_id: int) -> None:
        """The data centre is the account's own from now on. A login is taken along first: without one, the key that we
        have there would be nobody's."""
        place = dc_address(self.config, dc_id)
        if self.session.state.user_id:
            await self.carry_login(dc_id)
        self.session.move(dc_id, place.ip_address, place.port)
        self._notice_changes()

    @property
    def config(self) -> Any:
        """The server's configuration, with the addresses of its data centres."""
        return self._client.config if self._client else None

    @property
    def client(self) -> Client:
        """The present client, for connections beside it. Raises Unreachable without one."""
        if self._client is None:
            raise Unreachable("Not connected to Telegram.", code="LOST")
        return self._client

    def note_unreadable(self, chat_id: int, message_id: int) -> None:
        """A message cannot be decoded: it is not asked for again by this process, as each time costs a search."""
        if len(self.unreadable) >= MOST_UNREADABLE:
            self.unreadable.clear()
        self.unreadable.add((chat_id, message_id))

    def _failed(self, error: BaseException, asked: Asked) -> GatewayError:
        """Our error for Telethon's; a dead account is remembered, and its connection closed."""
        ours = verdict(error, asked, signed_in=bool(self.session.state.user_id))
        if isinstance(ours, AccountDead):
            self._die(ours)
        if isinstance(ours, RetryLater):
            ours.scope = self._floods.note(asked, ours, now=self.clock())
            self._on_wait(ours.scope, ours.retry_after)
        return ours

    def _lost(self, error: Lost, asked: Asked) -> GatewayError:
        """As `_failed`; but when the updates ended by death, that is what happened to the connection."""
        ended_by = self._client.updates_error if self._client else None
        if isinstance(ended_by, RPCError):
            self._failed(ended_by, Asked(self.name, "updates"))
        return self._dead or self._failed(error, asked)

    def _die(self, error: AccountDead) -> None:
        self._dead = self._dead or error
        if self._client is not None:
            self._client.end(None)

    # --- what Telegram tells us ---------------------------------------------------------------------------------------

    def _take_updates(self, updates: Sequence[Any], users: Sequence[Any], chats: Sequence[Any]) -> None:
        self.names.learn(users, chats)
        for update in neutral_updates(updates, self.names, self.name):
            self._on_update(update)
        self._notice_changes()

    def _take_gap(self, channel_id: int | None) -> None:
        self._on_update(Gap(chat_scope(channel_id, self.name) if channel_id else None))

    def counts(self, channel_id: int) -> bool:
        """Whether the changes of a channel are counted, so that one that nobody tells of is found."""
        return self._client is not None and self._client.counter(channel_id) is not None

    def compare(self, told: Mapping[int | None, int]) -> set[int]:
        """Holds the counters (pts) that an answer shows, by channel, and of the account's own chats (None), against
        what updates have told. A channel that was not counted is counted from here on; what is behind is asked for,
        after a second in which the update may arrive. The channels that are behind."""
        client = self._client
        if client is None:
            return set()
        behind = set()
        for chat_id, pts in told.items():
            known = client.counter(chat_id)
            if known is None and chat_id is not None:
                client.begin_counter(chat_id, pts)
            elif known is not None and known < pts:
                behind.add(chat_id)
                asyncio.get_running_loop().call_later(GRACE, self._ask_if_behind, client, chat_id, pts)
        return {chat_id for chat_id in behind if chat_id is not None}

    def _ask_if_behind(self, client: Client, chat_id: int | None, pts: int) -> None:
        known = client.counter(chat_id)
        if client is self._client and known is not None and known < pts:
            _log.info("%s was not told of all changes in %s", self.name, chat_id or "its own chats")
            client.ask_for_missed(chat_id)

    def _take_login_token(self) -> None:
        self.login_token_due = True

    def _tick(self) -> None:
        now = self.clock()
        if now - self._saved_at >= SAVE_EVERY and self._client and self._client.keep_counters():
            self._saved_at = now
            self._on_state()

    def _notice_changes(self) -> None:
        if self.session.changed:
            self.session.changed = False
            self._on_state()

    def clock(self) -> float:
        """Seconds of the loop's clock."""
        return asyncio.get_running_loop().time()

    def snapshot(self) -> bytes:
        """The whole state, counters included. Secret: seal it."""
        if self._client is not None:
            self._client.keep_counters()
        return self.session.snapshot()


def _place(session: MemorySession, endpoint: Endpoint | None) -> None:
    """Decide where to connect: the kept data centre, else the given endpoint, else the real network's first."""
    if endpoint is not None:
        rsa.add_key(endpoint.public_key_pem, old=False)
    wanted = endpoint or _FIRST_DC
    if session.dc_id == 0 or (endpoint is not None and session.dc_id == endpoint.dc_id):
        session.set_dc(wanted.dc_id, wanted.host, wanted.port)


def _nothing(scope: str, seconds: float) -> None:
    """Nobody keeps waits."""
