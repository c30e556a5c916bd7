"""Runs what rooms declare, and tells their errors as an operator reads them."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable

from django.db import InterfaceError, OperationalError

from project.botkit.call import BotCall
from project.botkit.parts import Reply
from project.botkit.problems import incident_text, problem_text
from project.core.errors import RelayError, TargetGone
from project.core.logs import get_logger

log = get_logger(__name__)

_NO_DATABASE = "🔴 The database does not answer. Nothing was changed, as far as the bot knows; try again in a minute."


async def guarded(call: BotCall, work: Callable[[], Awaitable[None]]) -> None:
    """Nothing that goes wrong is silent, and nothing of it but a short sentence reaches the chat."""
    try:
        await work()
    except TargetGone as error:
        log.warning("answer not delivered", reason=error.message)
    except RelayError as error:
        await _tell(call, problem_text(error, call.desk.catalogue.commands.get(call.name)))
    except (OperationalError, InterfaceError) as error:
        log.warning("no database", what=call.name, reason=type(error).__name__)
        await _tell(call, _NO_DATABASE)
    except Exception as error:  # the one place where an unforeseen error ends: the bot has to live on
        incident = secrets.token_hex(4)
        _log(call, error, incident)
        await _tell(call, incident_text(incident))


def _log(call: BotCall, error: Exception, incident: str) -> None:
    """Where a message may hold a secret, its error may repeat it: then only the place is told."""
    command = call.desk.catalogue.commands.get(call.name)
    dialogue = call.desk.catalogue.dialogues.get(call.name)
    if (command is not None and command.secret) or (dialogue is not None and dialogue.secret):
        log.error("incident", incident=incident, what=call.name, error=type(error).__name__, at=_places(error))
    else:
        log.error("incident", incident=incident, what=call.name, exc_info=error)


def _places(error: Exception) -> list[str]:
    places, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places


async def _tell(call: BotCall, text: str) -> None:
    try:
        await call.reply(Reply(text))
    except RelayError as error:
        log.warning("error not told", what=call.name, reason=error.message)
