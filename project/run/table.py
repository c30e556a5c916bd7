"""The services as a table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from project.run.service import State, Status

_HEAD = ("service", "state", "process", "restarts", "log")


def table(statuses: Sequence[Status]) -> str:
    """One row for each service; below a failed one, the last line that it wrote."""
    rows = [_HEAD, *(_row(status) for status in statuses)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = []
    for row, status in zip(rows, (None, *statuses), strict=True):
        lines.append("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        if status is not None and status.state is State.FAILED and status.last_line:
            lines.append(f"  {status.name} said: {status.last_line}")
    return "\n".join(lines)


def _row(status: Status) -> tuple[str, ...]:
    pid = str(status.pid) if status.pid is not None else "-"
    return (status.name, str(status.state), pid, str(status.restarts), str(status.log))
