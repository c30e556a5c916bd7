"""When received messages are acknowledged to Telegram."""

from __future__ import annotations

from collections.abc import Callable

EVERY = 1.0  # seconds at least between two acknowledgements, which travel with other requests


class Acks(set[int]):
    """Ids of messages to acknowledge; true when it is time to.

    Telethon's send loop acknowledges whenever it has sent something and there is something to acknowledge. In a burst
    more has always come meanwhile: one ping sets off a packet for every few updates, which took 6 % of a worker's time
    (measured: docs/explanation/performance.md). Acknowledgements may be many to a packet, and late.
    Source: https://core.telegram.org/mtproto/service_messages_about_messages#acknowledgment-of-receipt.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._next = 0.0

    def __bool__(self) -> bool:
        return len(self) > 0 and self._clock() >= self._next

    def clear(self) -> None:
        """They were acknowledged."""
        super().clear()
        self._next = self._clock() + EVERY
