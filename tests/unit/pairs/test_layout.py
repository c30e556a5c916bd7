"""Which posts stay, go and come when a message with files is edited."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pairs.forward.layout import Change, Standing, compare_files, fit_slots, mark, marks_at
from pairs.forward.plan import Planner
from pairs.models.delivery import Act
from project.core.message import Attachment, EventKind, MediaKind, Message
from tests.unit.pairs.builders import event


def files(names: str) -> tuple[Attachment, ...]:
    return tuple(Attachment(MediaKind.DOCUMENT, name, "", 1, place) for place, name in enumerate(names))


def marks(names: str) -> tuple[str, ...]:
    return tuple(mark(file) for file in files(names))


@pytest.mark.parametrize(
    ("posts", "wanted", "kept", "gone", "missing"),
    [
        ([("", 1)], "", [(1, ())], (), ()),
        ([("", 1), ("a", 2)], "a", [(1, ()), (2, (0,))], (), ()),
        ([("", 1)], "a", [(1, ())], (), (0,)),
        ([("a", 1)], "", [], (1,), ()),
        ([("a", 1), ("b", 2)], "b", [(2, (0,))], (1,), ()),
        ([("ab", 1)], "a", [], (1,), (0,)),
        ([("ab", 1)], "ba", [(1, (1, 0))], (), ()),
        ([("aa", 1)], "aaa", [(1, (0, 1))], (), (2,)),
        ([("a", 1)], "b", [], (1,), (0,)),
    ],
)
def test_a_file_stays_where_it_is(
    posts: list[tuple[str, int]],
    wanted: str,
    kept: list[tuple[int, tuple[int, ...]]],
    gone: tuple[int, ...],
    missing: tuple[int, ...],
) -> None:
    found = compare_files([(id_, marks(names)) for names, id_ in posts], files(wanted))
    assert [(post.post_id, post.files) for post in found.kept] == kept
    assert (found.gone, found.missing) == (gone, missing)


@pytest.mark.parametrize(
    ("slots", "texts", "staying", "surplus"),
    [
        ("t", 2, [0], []),
        ("ttt", 1, [0], [1, 2]),
        ("tf", 1, [1], [0]),
        ("ttf", 2, [0, 2], [1]),
        ("ft", 1, [0], [1]),
        ("ff", 1, [0, 1], []),
        ("tf", 0, [1], [0]),
        ("tt", 0, [], [0, 1]),
    ],
)
def test_a_post_with_a_file_is_never_left_over(slots: str, texts: int, staying: list[int], surplus: list[int]) -> None:
    posts = [Standing(place, (0,) if kind == "f" else ()) for place, kind in enumerate(slots)]
    stay, go = fit_slots(posts, texts)
    assert ([post.post_id for post in stay], go) == (staying, surplus)


@given(st.lists(st.text("abc", max_size=3), min_size=1, max_size=5), st.text("abcd", max_size=6), st.integers(0, 6))
def test_every_file_has_one_copy_after_any_edit(posts: list[str], wanted: str, texts: int) -> None:
    found = compare_files([(id_, marks(names)) for id_, names in enumerate(posts)], files(wanted))
    stay, go = fit_slots(found.kept, texts)
    standing = [index for post in found.kept for index in post.files] + list(found.missing)
    assert sorted(standing) == list(range(len(wanted)))
    assert {post.post_id for post in found.kept} | set(found.gone) == set(range(len(posts)))
    assert not any(posts[id_] for id_ in go)
    assert [post.post_id for post in stay] == sorted(post.post_id for post in stay)


def test_files_of_posts_of_an_earlier_version_are_known_by_their_places() -> None:
    before = Message("tg:1", 1, 1, attachments=files("ab"))
    assert marks_at(before, [1, 0, 7]) == (*marks("b"), *marks("a"))
    assert marks_at(None, [0]) == ()


def test_the_steps_of_an_edit_have_keys_of_their_own() -> None:
    steps = [Change(Act.EDIT, "{}", 1), Change(Act.POST, "{}"), Change(Act.DELETE, target=2)]
    plan = Planner(b"k", 1).edits(event(2, kind=EventKind.EDIT, revision=1), steps)
    assert [(part.part, part.act, part.target) for part in plan.parts] == [
        (0, Act.EDIT, 1),
        (1, Act.POST, None),
        (2, Act.DELETE, 2),
    ]
    assert len({part.key for part in plan.parts}) == 3
