"""Short quotes that stand in for a reply which cannot be a real one."""

from __future__ import annotations

from msgspec.structs import replace

from pairs.text.split import is_within_cluster
from project.core.message import Message, Node, RichText, Style
from project.core.richtext import Span, from_spans, slice_spans, text_node, to_spans

EXCERPT = 80
"""Characters of the quoted message that are shown."""


def quote_line(message: Message) -> RichText:
    """A quote of one line: the author's name and the beginning of the message replied to."""
    name = " ".join(message.author.name.split()) if message.author else ""
    author = (Node(Style.BOLD, children=text_node(f"{name}:")), *text_node(" ")) if name else ()
    return (Node(Style.QUOTE, children=(*author, *excerpt(message))),)


def reply_line(excerpt: RichText, url: str) -> RichText:
    """A quote of one line that leads to the message replied to, for webhooks, which cannot reply."""
    link = Node(Style.LINK, value=url, children=text_node("↩ Reply to"))
    return (Node(Style.QUOTE, children=(link, *text_node(" "), *excerpt)),)


def excerpt(message: Message) -> RichText:
    """The beginning of a message on one line; spoilers stay hidden, links lead nowhere, files are named by kind."""
    spans = [_plain(span) for span in to_spans(message.text)]
    text = "".join(span.text for span in spans)
    if not text.strip():
        return text_node(message.note or _files(message))
    if len(text) <= EXCERPT:
        return from_spans(spans)
    end = EXCERPT
    while end > EXCERPT // 2 and is_within_cluster(text, end):
        end -= 1
    return from_spans([*slice_spans(spans, 0, end), Span("…")])


def _plain(span: Span) -> Span:
    """Quotes, headings, links and code become text; a mention becomes what it shows and keeps its meaning."""
    text = " ".join(span.text.split("\n"))
    kind = Style.MENTION if span.kind is Style.MENTION else Style.TEXT
    return replace(span, text=text, kind=kind, link="", quote=None, heading="")


def _files(message: Message) -> str:
    return ", ".join(attachment.kind.value for attachment in message.attachments) or "message"
