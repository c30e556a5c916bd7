"""A webhook that somebody deleted is made anew, where the Discord bot may: the pair goes on with its queue."""

from __future__ import annotations

import asyncio

from pairs.journal.journal import Journal
from pairs.lane.config import PairConfig
from project.core.crypto import Keyring, seal
from project.core.errors import Ambiguous, GatewayError, RetryLater, TargetGone, Unreachable
from project.core.logs import get_logger
from project.discord.rest import DiscordRest

_log = get_logger(__name__)

NAME = "relay"
RIGHT = "Manage Webhooks"
REST = 600.0  # seconds in which a pair gets one new webhook: somebody may delete them on purpose
AFTER = 1.0  # seconds until the pair is read anew
_WAIT = 5.0


class WebhookRenewal:
    """One per process. What it has made counts in memory; the pair's row says which webhook is right."""

    def __init__(self, *, rest: DiscordRest, journal: Journal, keyring: Keyring) -> None:
        self._rest = rest
        self._journal = journal
        self._keyring = keyring
        self._made: dict[int, tuple[int, float]] = {}  # by pair: the webhook that was replaced, and when

    async def instead_of(self, pair: PairConfig, error: TargetGone) -> Exception:
        """What to raise in place of the answer that the pair's webhook is gone: RetryLater when there is another by
        now; the error itself when there cannot be one, so that the pair stops and says why."""
        assert pair.webhook is not None
        former, at = self._made.get(pair.id, (0, -REST))
        if former == pair.webhook.id:
            return _later(pair)  # this lane has not heard of the new one yet
        now = asyncio.get_running_loop().time()
        if now - at < REST or not await self._may(pair):
            return error
        self._made[pair.id] = (pair.webhook.id, now)
        return await self._renewed(pair, error)

    async def _may(self, pair: PairConfig) -> bool:
        try:
            return RIGHT in await self._rest.permissions(pair.discord_channel)
        except (RetryLater, Unreachable, Ambiguous) as error:
            raise RetryLater(error.message, retry_after=_wait(error), scope=_scope(pair)) from error
        except GatewayError:
            return False

    async def _renewed(self, pair: PairConfig, error: TargetGone) -> Exception:
        assert pair.webhook is not None
        try:
            made = await self._rest.create_webhook(pair.discord_channel, NAME)
        except (RetryLater, Unreachable, Ambiguous) as late:
            del self._made[pair.id]
            return RetryLater(late.message, retry_after=_wait(late), scope=_scope(pair))
        except GatewayError as refusal:
            _log.warning("webhook cannot be made anew", pair=pair.id, code=refusal.code)
            return error
        sealed = seal(made.token.reveal().encode(), owner=f"pair.{pair.id}", keys=self._keyring)
        await self._journal.renew_webhook(pair.id, pair.generation, former=pair.webhook.id, new=made.id, sealed=sealed)
        _log.info("webhook made anew", pair=pair.id, webhook=made.id)
        return _later(pair)


def _later(pair: PairConfig) -> RetryLater:
    return RetryLater("The webhook is made anew.", retry_after=AFTER, scope=_scope(pair), code="renewed")


def _wait(error: GatewayError) -> float:
    return error.retry_after if isinstance(error, RetryLater) else _WAIT


def _scope(pair: PairConfig) -> str:
    """Only this pair's webhook waits."""
    return f"dc:webhook:{pair.webhook.id if pair.webhook else 0}"
