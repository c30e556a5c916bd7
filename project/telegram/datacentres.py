"""Connections to data centres other than the account's own: that is where most of its files are."""

from __future__ import annotations

import asyncio
from typing import Any

from telethon.errors import RPCError
from telethon.tl import functions

from project.core.errors import AccountDead, Unreachable
from project.telegram.errors import Asked, translate, unanswered
from project.telegram.link import Link
from project.telegram.sender import Discarded, Lost, Sender
from project.telegram.verdict import dc_address, exact_name

IDLE = 60.0  # seconds a connection is kept after its last use


class DataCentres:
    """Keeps one connection per foreign data centre while files are fetched from it.

    Each has its own key, made once and kept: asking to export the login too often is flood-limited for 20 minutes.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._senders: dict[int, Sender] = {}
        self._closing: dict[int, asyncio.TimerHandle] = {}
        self._opening = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        link.carry_login = self.carry_login

    async def ask(self, dc_id: int, request: Any) -> Any:
        """The answer of data centre `dc_id`. Raises GatewayErrors; a foreign key that is not known any more is made
        anew at the next try, and says nothing about the account."""
        if dc_id in (0, self._link.session.dc_id):
            return await self._link.call(request)
        asked = Asked(self._link.name, type(request).__name__.removesuffix("Request"))
        try:
            return await (await self._sender(dc_id)).ask(request)
        except RPCError as error:
            ours = translate(exact_name(error), error.code or 0, asked)
            if not isinstance(ours, AccountDead):
                raise ours from None
            await self._forget(dc_id)
            raise unanswered(asked, left=True) from None
        except Lost:
            raise unanswered(asked, left=True) from None
        finally:
            self._close_later(dc_id)

    async def carry_login(self, dc_id: int) -> None:
        """Give the login a new key in that data centre, which nobody is connected with then: an older one may be void
        by now. Raises GatewayErrors."""
        asked = Asked(self._link.name, "ImportAuthorization")
        if self._opening.locked():  # perhaps by the very export that was answered with "you live elsewhere"
            raise unanswered(asked, left=False)
        await self._forget(dc_id)
        try:
            await self._sender(dc_id)
        except RPCError as error:
            raise translate(exact_name(error), error.code or 0, asked) from None
        except Lost:
            raise unanswered(asked, left=True) from None
        finally:
            await self._close(dc_id)

    async def _forget(self, dc_id: int) -> None:
        self._link.session.set_exported(dc_id, None)
        await self._close(dc_id)

    async def _close(self, dc_id: int) -> None:
        if sender := self._senders.pop(dc_id, None):
            await sender.disconnect()

    async def _sender(self, dc_id: int) -> Sender:
        async with self._opening:
            sender = self._senders.get(dc_id)
            if sender is None or not sender.is_connected():
                try:
                    sender = self._senders[dc_id] = await self._open(dc_id)
                except OSError as error:
                    raise Unreachable(f"No connection to data centre {dc_id}.", code="LOST") from error
            return sender

    async def _open(self, dc_id: int) -> Sender:
        client, session = self._link.client, self._link.session
        place = dc_address(client.config, dc_id)
        key = session.exported(dc_id)
        sender = client.new_sender(key, Discarded())
        await sender.connect(client.new_connection(place.ip_address, place.port, dc_id))
        try:
            if key is None:
                await self._carry_login(sender, dc_id)
                session.set_exported(dc_id, sender.auth_key)
            else:
                await sender.ask(client.introduction(functions.help.GetConfigRequest()))
        except BaseException:
            await sender.disconnect()
            raise
        return sender

    async def _carry_login(self, sender: Sender, dc_id: int) -> None:
        grant = await self._link.call(functions.auth.ExportAuthorizationRequest(dc_id))
        query = functions.auth.ImportAuthorizationRequest(id=grant.id, bytes=grant.bytes)
        await sender.ask(self._link.client.introduction(query))

    def _close_later(self, dc_id: int) -> None:
        if timer := self._closing.pop(dc_id, None):
            timer.cancel()
        loop = asyncio.get_running_loop()
        self._closing[dc_id] = loop.call_later(IDLE, self._close_soon, dc_id)

    def _close_soon(self, dc_id: int) -> None:
        sender = self._senders.pop(dc_id, None)
        if sender is not None:
            task = asyncio.get_running_loop().create_task(sender.disconnect())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Close all of them."""
        for timer in self._closing.values():
            timer.cancel()
        self._closing.clear()
        senders, self._senders = list(self._senders.values()), {}
        for sender in senders:
            await sender.disconnect()
