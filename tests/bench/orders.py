"""What the bench asks of its peer, and what it hears back; as JSON lines between two processes."""

from __future__ import annotations

from dataclasses import dataclass, field

MARK = "#{:06d}"


@dataclass(frozen=True, slots=True)
class Shape:
    """One side's people and chats. `shared_source`: all pairs read one chat. `full`: the people may post at the
    destinations. `prefix` tells the sides apart."""

    prefix: str
    sessions: int
    pairs: int
    full: bool = False
    shared_source: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """One pair's chats."""

    person: int
    source: int
    channel: int
    webhook: str
    destination: int


@dataclass(frozen=True, slots=True)
class Side:
    """What was made of a shape; `people` are (name, phone, user id)."""

    people: tuple[tuple[str, str, int], ...]
    lanes: tuple[Lane, ...]


@dataclass(frozen=True, slots=True)
class Guild:
    """The Discord server, and the product's bot in it."""

    guild: int
    bot: int
    token: str


@dataclass(frozen=True, slots=True)
class Load:
    """`count` messages of about 100 characters written to `sources` in turn, and awaited in the chats `into`.

    `rate` is per second, 0 writes all at once. `copies`: how often each message has to arrive. `full`: `into` are
    Telegram chats. `patience`: seconds without an arrival after which the rest counts as missing. With `file_bytes`,
    each message carries a file of that size.
    """

    sources: tuple[int, ...]
    into: tuple[int, ...]
    count: int
    rate: float = 0.0
    full: bool = False
    copies: int = 1
    patience: float = 30.0
    file_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a load. Times in seconds: `first` and `last` arrival after the first message was written, and
    of each copy in order of arrival how long it took (`latencies`), and when it came (`arrivals`)."""

    written: int
    missing: int
    doubled: int
    out_of_order: int
    first: float
    last: float
    latencies: list[float] = field(default_factory=list)
    arrivals: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Messages a second, from the first written to the last arrived."""
        return len(self.latencies) / self.last if self.last else 0.0
