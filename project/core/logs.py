"""Logging of every process: structured, one escaped line per record on stderr, without secrets."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping, MutableMapping
from dataclasses import fields
from typing import Any

import structlog

from project.core.config import Config, current
from project.core.redaction import redact
from project.core.secret import Secret

_SHORTEST_KNOWN = 8  # shorter texts would hide innocent words
_QUIET = ("telethon", "discord", "aiohttp.access", "kombu", "amqp", "asyncio", "celery.redirected", "aiogram")


def configure(service: str) -> None:
    """Set up logging of this process; `service` names it in every record. Reads LOG_LEVEL and LOG_FORMAT."""
    config = current()
    logging.raiseExceptions = False  # a handler that breaks would print its record's arguments as they are
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(service, config, terminal=sys.stderr.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    _set_level(root, logging.getLevelNamesMapping()[config.log_level])
    for name in _QUIET:
        _set_level(logging.getLogger(name), max(logging.WARNING, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def _set_level(logger: logging.Logger, level: int) -> None:
    """Only where it changes: setting a level touches every logger there is, and a fork would copy them all."""
    if logger.level != level:
        logger.setLevel(level)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger that takes fields: `log.info("lease taken", account="session.7", epoch=3)`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def formatter(service: str, config: Config, *, terminal: bool) -> logging.Formatter:
    """Turns records of structlog and of the standard library alike into one line."""
    as_text = config.log_format == "console" or (not config.log_format and terminal)
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.contextvars.merge_contextvars],
        processors=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _Redactor(service, _known_secrets(config)),
            _text_line if as_text else _json_line,
        ],
    )


class _Redactor:
    """The processor that names the service and takes secrets out of every field."""

    def __init__(self, service: str, known: tuple[str, ...]) -> None:
        self._service = service
        self._known = known

    def __call__(self, logger: Any, method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
        clean: dict[str, Any] = redact(event, known=self._known)
        return {"service": self._service, **clean}


def _known_secrets(config: Config) -> tuple[str, ...]:
    values = (getattr(config, item.name) for item in fields(config))
    texts = (value.reveal() for value in values if isinstance(value, Secret))
    return tuple(text for text in texts if len(text) >= _SHORTEST_KNOWN)


def _json_line(logger: Any, method: str, event: MutableMapping[str, Any]) -> str:
    return json.dumps(event)


def _text_line(logger: Any, method: str, event: MutableMapping[str, Any]) -> str:
    fixed = [event.pop(name, "") for name in ("timestamp", "level", "service", "logger", "event")]
    extra = [f"{name}={value!r}" for name, value in event.items()]
    return _escape(" ".join([f"{fixed[0]} {fixed[1]:<7} {fixed[2]} {fixed[3]}: {fixed[4]}", *extra]))


def _escape(text: str) -> str:
    """Line breaks, terminal codes and direction marks as visible escapes."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
