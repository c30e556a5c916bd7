"""Properties of Telegram's entities that hold for any text and any entities, sensible or not."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from telethon.tl import types

from project.core.message import Node, plain_text
from project.core.richtext import normalise, utf16_len
from project.telegram.entities import from_telegram, to_telegram
from tests.unit.text.trees import any_text, trees

MORE = settings(max_examples=100, deadline=None)
place = st.integers(-5, 60)
plain = st.sampled_from(
    [
        types.MessageEntityBold,
        types.MessageEntityItalic,
        types.MessageEntityUnderline,
        types.MessageEntityStrike,
        types.MessageEntitySpoiler,
        types.MessageEntityCode,
        types.MessageEntityMention,
        types.MessageEntityHashtag,
        types.MessageEntityUrl,
        types.MessageEntityUnknown,
    ]
)
entity = st.one_of(
    st.builds(lambda kind, offset, length: kind(offset, length), plain, place, place),
    st.builds(types.MessageEntityPre, place, place, st.sampled_from(["", "py"])),
    st.builds(types.MessageEntityBlockquote, place, place, st.sampled_from([None, True])),
    st.builds(types.MessageEntityTextUrl, place, place, st.sampled_from(["https://x.com", "tg://user?id=1", ""])),
    st.builds(types.MessageEntityMentionName, place, place, st.just(7)),
    st.builds(types.MessageEntityCustomEmoji, place, place, st.just(7)),
)
entities = st.lists(entity, max_size=8)


@MORE
@given(any_text, entities)
def test_reading_keeps_every_character(text: str, found: list[types.TypeMessageEntity]) -> None:
    tree = from_telegram(text, found)
    assert plain_text(tree) == text
    assert normalise(tree) == tree


@MORE
@given(any_text, entities)
def test_what_is_written_reads_and_writes_the_same(text: str, found: list[types.TypeMessageEntity]) -> None:
    sent, styled = to_telegram(from_telegram(text, found))
    again, styled_again = to_telegram(from_telegram(sent, styled))
    assert again == sent
    assert [item.to_dict() for item in styled_again] == [item.to_dict() for item in styled]


@MORE
@given(trees)
def test_entities_lie_within_the_text(tree: tuple[Node, ...]) -> None:
    text, styled = to_telegram(tree)
    assert text.replace("\u2060", "") == plain_text(tree).replace("\u2060", "")
    for item in styled:
        assert item.offset >= 0
        assert item.length > 0
        assert item.offset + item.length <= utf16_len(text)
