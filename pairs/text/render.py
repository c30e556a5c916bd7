"""What is sent for a message: parts that fit Discord's and Telegram's limits. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache

import msgspec

from pairs.text.names import author_name, display_name, file_name
from pairs.text.quote import quote_line, reply_line
from pairs.text.split import split
from project.core.message import Message, Node, RichText, Style, plain_text
from project.core.richtext import Span, from_merged, from_spans, merged, text_node, to_spans, unstyled, utf16_len
from project.discord.markdown import as_it_is, emit, emit_spans, form_spans

__all__ = [
    "CaptionUse",
    "DiscordPart",
    "RenderOptions",
    "ShowAuthor",
    "TelegramPart",
    "discord_parts",
    "display_name",
    "file_name",
    "on_lines",
    "quote_line",
    "reply_line",
    "telegram_length",
    "telegram_parts",
]

DISCORD_LIMIT = 2000
TELEGRAM_LIMIT = 4096
CAPTION_LIMIT = 1024
"""All in UTF-16 code units. Discord counts code points, of which there are never more."""
REMEMBERED = 32
"""Texts whose parts are kept: a message that goes to twenty pairs is rendered once."""


class ShowAuthor(StrEnum):
    """Where the author's name stands."""

    NEVER = "never"  # not in the text (a webhook shows it as the poster's name)
    LINE = "line"  # on a line of its own before the text


class CaptionUse(StrEnum):
    """Whether the first part goes with files."""

    NONE = "none"  # text only: 4096 from the first part on
    FIRST = "first"  # the first part is the files' caption: 1024


class RenderOptions(msgspec.Struct, frozen=True):
    """`prefix` is shown on lines of its own before the text: a quote for a reply that cannot be a real one."""

    show_author: ShowAuthor = ShowAuthor.NEVER
    prefix: RichText = ()


class DiscordPart(msgspec.Struct, frozen=True):
    """Content of one post, 1-2000 characters of markdown."""

    content: str


class TelegramPart(msgspec.Struct, frozen=True):
    """Text of one message, at most 4096 UTF-16 units (1024 when it is a caption)."""

    text: RichText


def discord_parts(message: Message, *, options: RenderOptions) -> tuple[DiscordPart, ...]:
    """The posts that show a message, in order; none when there is nothing to say.

    White space at the edges of a part is left out, as Discord itself does: what is sent is what Discord keeps.
    """
    return _discord_parts(_body(message, options))


def telegram_parts(message: Message, *, options: RenderOptions, caption: CaptionUse) -> tuple[TelegramPart, ...]:
    """The messages that show a message, in order; none when there is nothing to say.

    White space at the edges of a part is left out, as Telegram itself does.
    """
    first_limit = CAPTION_LIMIT if caption is CaptionUse.FIRST else TELEGRAM_LIMIT
    return _telegram_parts(_body(message, options), first_limit)


@lru_cache(REMEMBERED)
def _discord_parts(body: RichText) -> tuple[DiscordPart, ...]:
    text = unstyled(body)
    if text and utf16_len(text) <= DISCORD_LIMIT and as_it_is(text):
        shown = text.strip()
        return (DiscordPart(shown),) if shown else ()
    spans = _stripped(form_spans(to_spans(body) if text is None else [Span(text)]))
    content = emit_spans(spans)
    if content and utf16_len(content) <= DISCORD_LIMIT:
        return (DiscordPart(content),)
    pieces = split(
        from_spans(spans),
        first_limit=DISCORD_LIMIT,
        limit=DISCORD_LIMIT,
        measure=lambda piece: utf16_len(emit(piece)),
    )
    contents = (emit_spans(_stripped(to_spans(piece))) for piece in pieces)
    return tuple(DiscordPart(content) for content in contents if content)


@lru_cache(REMEMBERED)
def _telegram_parts(body: RichText, first_limit: int) -> tuple[TelegramPart, ...]:
    if telegram_length(body) <= first_limit:
        pieces = [body]
    else:
        pieces = split(body, first_limit=first_limit, limit=TELEGRAM_LIMIT, measure=telegram_length)
    stripped = map(_stripped_tree, pieces)
    return tuple(TelegramPart(piece) for piece in stripped if piece)


def _body(message: Message, options: RenderOptions) -> RichText:
    lines = [options.prefix]
    if options.show_author is ShowAuthor.LINE and message.author is not None:
        lines.append((Node(Style.BOLD, children=text_node(f"{author_name(message.author)}:")),))
    lines.append(message.text)
    if message.note:
        lines.append((Node(Style.ITALIC, children=text_node(message.note)),))
    return on_lines([line for line in lines if plain_text(line)])


def on_lines(lines: Sequence[RichText]) -> RichText:
    """The texts, each on lines of its own."""
    result: RichText = ()
    for line in lines:
        result += (text_node("\n") if result else ()) + line
    return result


def telegram_length(nodes: RichText) -> int:
    """UTF-16 units as sent, at most: a name may get an invisible character, which keeps it from pinging
    (project/telegram/entities.py)."""
    text = plain_text(nodes)
    return utf16_len(text) + text.count("@")


def _stripped_tree(nodes: RichText) -> RichText:
    text = unstyled(nodes)
    if text is not None:
        return text_node(text.strip())
    return from_merged(_stripped(merged(to_spans(nodes))))


def _stripped(spans: Sequence[Span]) -> list[Span]:
    """Without white space at both ends, except within code."""
    return _left_stripped(_left_stripped(spans, right=False)[::-1], right=True)[::-1]


def _left_stripped(spans: Sequence[Span], *, right: bool) -> list[Span]:
    for number, span in enumerate(spans):
        if span.kind in {Style.CODE, Style.PRE}:
            return list(spans[number:])
        text = span.text.rstrip() if right else span.text.lstrip()
        if text:
            return [span.with_text(text), *spans[number + 1 :]]
    return []
