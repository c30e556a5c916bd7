"""Errors as an operator reads them. Pure."""

from __future__ import annotations

from project.botkit.parts import Call, Command, bold, copyable, plain
from project.botkit.times import span
from project.core.errors import ManyProblems, RelayError, RetryLater


def problem_text(error: RelayError, command: Command | None) -> str:
    """Cause, usage and a correction to copy."""
    parts = [_cause(error)]
    if error.hint:
        parts.append(f"→ {plain(error.hint)}")
    if isinstance(error, ManyProblems) and command is not None:
        parts.append(f"Usage: {copyable(command.usage)}")
    if isinstance(error, ManyProblems) and error.correction:
        parts.append(f"Perhaps: {copyable(error.correction)}")
    return "\n".join(parts)


def nothing_after(call: Call, command: str) -> None:
    """What is typed after a command that takes nothing was meant for something. Raises ManyProblems."""
    if call.words:
        raise ManyProblems((f"Nothing goes after /{command}.",), correction=f"/{command}")


def incident_text(incident: str) -> str:
    """For an error that nobody foresaw: its details are in the log under this id."""
    return (
        f"💥 {bold('That did not work, and it is not your fault.')}\n"
        f"The bot's log has the details under {copyable(incident)}."
    )


def _cause(error: RelayError) -> str:
    if isinstance(error, ManyProblems) and len(error.problems) > 1:
        return "\n".join(["❌ Several things are wrong:", *(f"• {plain(problem)}" for problem in error.problems)])
    if isinstance(error, RetryLater):
        return f"⏳ {plain(error.message)} Wait {span(error.retry_after)}."
    return f"❌ {plain(error.message)}"
