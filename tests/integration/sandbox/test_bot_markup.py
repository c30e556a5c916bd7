"""HTML of the Bot API: what becomes of it, and how bad HTML is refused. Offsets count UTF-8 bytes in errors and UTF-16
units in entities."""

from __future__ import annotations

import pytest

from project.sandbox.botapi.errors import ApiRefusedError
from project.sandbox.botapi.markup import parse_html, to_html
from project.sandbox.telegram.messages import Entity

GOOD = {
    "a &lt;b&gt; &amp; &quot;c&quot; &nbsp; &#x41;&#66;": ('a <b> & "c" &nbsp; AB', []),
    "<B>x</b>": ("x", [Entity("bold", 0, 1)]),
    "<b>bold <i>both</i></b>": ("bold both", [Entity("italic", 5, 4), Entity("bold", 0, 9)]),
    "😀<code>x</code>": ("😀x", [Entity("code", 2, 1)]),
    '<a href="https://e.org/?a=1&amp;b=2">l</a>': ("l", [Entity("text_url", 0, 1, "https://e.org/?a=1&b=2")]),
    "<a href='tg://user?id=7'>l</a>": ("l", [Entity("mention_name", 0, 1, "7")]),
    '<pre><code class="language-python">x</code></pre>': ("x", [Entity("pre", 0, 1, "python")]),
    "<blockquote expandable>q</blockquote>": ("q", [Entity("blockquote", 0, 1, "1")]),
    '<span class="tg-spoiler">s</span><s></s>': ("s", [Entity("spoiler", 0, 1)]),
    "<u>x</>": ("x", [Entity("underline", 0, 1)]),
}
BAD = {
    "é <name>": 'Unsupported start tag "name" at byte offset 3',
    "1 < 2 > 1": 'Unsupported start tag "" at byte offset 2',
    "x <": "Unclosed start tag at byte offset 2",
    "x <b": "Unclosed start tag at byte offset 2",
    "x <a href=": 'Unclosed start tag "a" at byte offset 2',
    "<b>x": 'Can\'t find end tag corresponding to start tag "b"',
    "x</b>": "Unexpected end tag at byte offset 1",
    "<b>x</i>": 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"',
    "<b>x</b": "Unclosed end tag at byte offset 4",
    "<span>x</span>": 'Tag "span" must have class "tg-spoiler" at byte offset 0',
}


@pytest.mark.parametrize("source", GOOD)
def test_html_becomes_text_and_entities(source: str) -> None:
    text, entities = GOOD[source]
    assert parse_html(source) == (text, tuple(entities))


@pytest.mark.parametrize("source", BAD)
def test_bad_html_is_refused_in_telegrams_words(source: str) -> None:
    with pytest.raises(ApiRefusedError) as told:
        parse_html(source)
    assert told.value.description == f"Bad Request: can't parse entities: {BAD[source]}"


@pytest.mark.parametrize(
    "source",
    [
        "a &lt;b&gt; &amp; c",
        "<b>bold <i>both</i></b> plain",
        '<pre><code class="language-python">x = 1</code></pre> <a href="https://e.org/?a=1&amp;b=2">link</a>',
        "<blockquote expandable>😀 q</blockquote><tg-spoiler>s</tg-spoiler>",
    ],
)
def test_html_survives_the_way_there_and_back(source: str) -> None:
    assert to_html(*parse_html(source)) == source
