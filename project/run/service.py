"""What a service is, and what is known about one that runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

Ready = Callable[[str, float], bool]  # given the output since its start, and the seconds since then


def running_for(seconds: float) -> Ready:
    """Ready when it has not ended within `seconds`."""
    return lambda _output, age: age >= seconds


def wrote(text: str) -> Ready:
    """Ready once its output contains `text`."""
    return lambda output, _age: text in output


@dataclass(frozen=True, slots=True)
class Service:
    """A program to keep running. argv[0] is an absolute path; `env` is added to our own environment.

    `refused` is what it writes when it stays but a platform will not have it.
    """

    name: str
    argv: tuple[str, ...]
    ready: Ready
    env: Mapping[str, str] = field(default_factory=dict)
    refused: str = ""


class State(StrEnum):
    """Where a service stands."""

    STARTING = "starting"
    READY = "ready"
    FAILED = "failed"  # it ended or is refused, and was not ready since; the next try comes after a pause
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Status:
    """A service at one moment. `restarts` counts its starts after the first."""

    name: str
    state: State
    pid: int | None
    restarts: int
    exit_code: int | None
    log: Path
    last_line: str

    @property
    def settled(self) -> bool:
        """It works, or it is known why not."""
        return self.state in (State.READY, State.FAILED)
