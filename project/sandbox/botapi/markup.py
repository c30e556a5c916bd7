"""HTML of the Bot API to text with entities, and back (https://core.telegram.org/bots/api#html-style)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from project.sandbox.telegram.messages import Entity
from project.sandbox.telegram.text import units

from .errors import ApiRefusedError, bad

_KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strike",
    "strike": "strike",
    "del": "strike",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "a": "text_url",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
_TAGS = {kind: tag for tag, kind in reversed(_KINDS.items()) if tag != "span"}
_ENTITY = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(lt|gt|amp|quot));?")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_NAME = re.compile(r"[^\s>]*")
_ATTRIBUTE = re.compile(r"\s*([^\s=>]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([A-Za-z0-9.\-]+)))?")
_SPACE = re.compile(r"\s*")
_MENTION = re.compile(r"tg://user\?id=(\d+)")


@dataclass(frozen=True, slots=True)
class _Open:
    tag: str
    attributes: dict[str, str]
    start: int  # in UTF-16 units


class _Parser:
    """One pass over a text. Errors name byte offsets in UTF-8, as Telegram's do."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._out: list[str] = []
        self._size = 0
        self._open: list[_Open] = []
        self._entities: list[Entity] = []

    def run(self) -> tuple[str, list[Entity]]:
        """The text and its entities."""
        while self._at < len(self._source):
            if self._source[self._at] != "<":
                self._literal()
            elif self._source.startswith("</", self._at):
                self._end_tag()
            else:
                self._start_tag()
        if self._open:
            raise _refused(f'Can\'t find end tag corresponding to start tag "{self._open[-1].tag}"')
        return "".join(self._out), self._entities

    def _put(self, text: str) -> None:
        self._out.append(text)
        self._size += units(text)

    def _literal(self) -> None:
        found = _ENTITY.match(self._source, self._at) if self._source[self._at] == "&" else None
        self._put(_decoded(found) if found else self._source[self._at])
        self._at = found.end() if found else self._at + 1

    def _offset(self, at: int) -> int:
        return len(self._source[:at].encode("utf-8", "surrogatepass"))

    def _start_tag(self) -> None:
        begin = self._at
        name = self._name(begin + 1)
        if self._at >= len(self._source):
            raise _refused(f"Unclosed start tag at byte offset {self._offset(begin)}")
        if name not in _KINDS:
            raise _refused(f'Unsupported start tag "{name}" at byte offset {self._offset(begin)}')
        attributes = self._attributes(name, begin)
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise _refused(f'Tag "span" must have class "tg-spoiler" at byte offset {self._offset(begin)}')
        self._open.append(_Open(name, attributes, self._size))

    def _name(self, start: int) -> str:
        found = _NAME.match(self._source, start)
        assert found is not None, "it matches nothing at all, too"
        self._at = found.end()
        return found.group().lower()

    def _attributes(self, tag: str, begin: int) -> dict[str, str]:
        found: dict[str, str] = {}
        while True:
            self._skip_space()
            if self._at >= len(self._source):
                raise _refused(f'Unclosed start tag "{tag}" at byte offset {self._offset(begin)}')
            if self._source[self._at] == ">":
                self._at += 1
                return found
            match = _ATTRIBUTE.match(self._source, self._at)
            if match is None:
                raise _refused(f'Empty attribute name in the tag "{tag}" at byte offset {self._offset(begin)}')
            found[match[1].lower()] = _unescaped(next((value for value in match.groups()[1:] if value is not None), ""))
            self._at = match.end()
            if self._source[self._at :].lstrip().startswith("="):  # no value, or a quote that does not end
                raise _refused(f'Unclosed start tag "{tag}" at byte offset {self._offset(begin)}')

    def _skip_space(self) -> None:
        found = _SPACE.match(self._source, self._at)
        self._at = found.end() if found else self._at

    def _end_tag(self) -> None:
        begin = self._at
        if not self._open:
            raise _refused(f"Unexpected end tag at byte offset {self._offset(begin)}")
        name = self._name(begin + 2)
        self._skip_space()
        if not self._source.startswith(">", self._at):
            raise _refused(f"Unclosed end tag at byte offset {self._offset(begin)}")
        self._at += 1
        opened = self._open.pop()
        if name and name != opened.tag:
            where = f"Unmatched end tag at byte offset {self._offset(begin)}"
            raise _refused(f'{where}, expected "</{opened.tag}>", found "</{name}>"')
        self._close(opened)

    def _close(self, opened: _Open) -> None:
        length = self._size - opened.start
        kind, value = _KINDS[opened.tag], ""
        if kind == "text_url":
            kind, value = _link(opened.attributes.get("href", "") or self._text_from(opened.start))
        elif kind == "custom_emoji":
            value = opened.attributes.get("emoji-id", "")
        elif kind == "blockquote":
            value = "1" if "expandable" in opened.attributes else ""
        elif kind == "code" and self._open and self._open[-1].tag == "pre":
            language = opened.attributes.get("class", "")
            if language.startswith("language-"):
                kind, value = "pre", language.removeprefix("language-")
        if length and kind:
            self._entities.append(Entity(kind, opened.start, length, value))

    def _text_from(self, start: int) -> str:
        return "".join(self._out).encode("utf-16-le", "surrogatepass")[2 * start :].decode("utf-16-le", "surrogatepass")


def _link(url: str) -> tuple[str, str]:
    person = _MENTION.fullmatch(url)
    if person:
        return "mention_name", person[1]
    return ("text_url", url) if re.match(r"(?:https?|tg)://\S|[\w.-]+\.\w{2,}", url) else ("", "")


def _decoded(found: re.Match[str]) -> str:
    if found[3]:
        return _NAMED[found[3]]
    code = int(found[1], 16) if found[1] else int(found[2])
    return chr(code) if 0 < code <= 0x10FFFF else found.group()


def _unescaped(value: str) -> str:
    return _ENTITY.sub(_decoded, value)


def _refused(problem: str) -> ApiRefusedError:
    return bad(f"can't parse entities: {problem}")


def parse_html(source: str) -> tuple[str, tuple[Entity, ...]]:
    """Text and entities. Raises 400 "can't parse entities: ..." with the words and byte offsets of Telegram."""
    text, entities = _Parser(source).run()
    named = {(entity.offset, entity.length) for entity in entities if entity.kind == "pre" and entity.value}
    kept = [e for e in entities if not (e.kind == "pre" and not e.value and (e.offset, e.length) in named)]
    return text, tuple(kept)


def to_html(text: str, entities: Iterable[Entity]) -> str:
    """The HTML that makes a text with these entities; what Telegram found by itself (links, commands) is left plain."""
    styled = sorted((e for e in entities if e.kind in _TAGS or e.kind == "mention_name"), key=_outer_first)
    cuts = sorted({0, units(text), *(e.offset for e in styled), *(e.offset + e.length for e in styled)})
    encoded = text.encode("utf-16-le", "surrogatepass")
    out: list[str] = []
    for start, end in zip(cuts, [*cuts[1:], cuts[-1]], strict=True):
        out += [_closing(e) for e in reversed(styled) if e.offset + e.length == start]
        out += [_opening(e) for e in styled if e.offset == start]
        out.append(escape(encoded[2 * start : 2 * end].decode("utf-16-le", "surrogatepass"), quote=False))
    return "".join(out)


def _outer_first(entity: Entity) -> tuple[int, int]:
    return entity.offset, -entity.length


def _opening(entity: Entity) -> str:
    if entity.kind in ("text_url", "mention_name"):
        url = entity.value if entity.kind == "text_url" else f"tg://user?id={entity.value}"
        return f'<a href="{escape(url)}">'
    if entity.kind == "pre" and entity.value:
        return f'<pre><code class="language-{escape(entity.value)}">'
    if entity.kind == "blockquote" and entity.value:
        return "<blockquote expandable>"
    if entity.kind == "custom_emoji":
        return f'<tg-emoji emoji-id="{escape(entity.value)}">'
    return f"<{_TAGS[entity.kind]}>"


def _closing(entity: Entity) -> str:
    if entity.kind == "mention_name":
        return "</a>"
    return "</code></pre>" if entity.kind == "pre" and entity.value else f"</{_TAGS[entity.kind]}>"
