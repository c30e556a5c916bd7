"""The oracle, the traffic and the comparison themselves: whatever a copy has too much or too little of is said."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.convergence.acts import Act, File, What
from tests.convergence.judge import differences
from tests.convergence.model import Message, Model, Place
from tests.convergence.records import Post
from tests.convergence.script import ACTS, script
from tests.convergence.words import compose, marks_in

SEED = 3
A, B = File("a.png", photo=True), File("b.png", photo=True)
POST = Act(What.SAY, 1, 900, (A, B))
REPLY = Act(What.SAY, 2, 200, reply_to=1)


def text(number: int, size: int, revision: int = 0) -> str:
    return compose(number, revision, size, SEED).text


def half(number: int, size: int) -> tuple[str, str]:
    words = text(number, size).split(" n")
    middle = len(words) // 2
    return " n".join(words[:middle]), "n" + " n".join(words[middle:])


def copies(**changes: object) -> list[Post]:
    """A good copy of both, in three posts; a deleted one in between."""
    first, second = half(1, 900)
    files = (A.digest, B.digest)
    return [
        Post(10, first, (), frozenset(), deleted=False),
        Post(11, "", (), frozenset(), deleted=True),
        Post(12, second, files, frozenset(), deleted=False),
        Post(13, "> quote of n1r0w0e\n" + text(2, 200), (), frozenset({10}), deleted=False),
    ]


def found(posts: list[Post], *acts: Act) -> list[str]:
    chats = {Place.DISCORD: [], Place.DESTINATION: posts}
    return differences(Model().after(acts or (POST, REPLY)), chats, SEED, 1)


def test_a_good_copy_has_no_differences() -> None:
    assert found(copies()) == []


def test_what_is_missing_doubled_old_or_swapped_is_said() -> None:
    first, gone, second, reply = copies()
    assert found([first, gone, reply])[0].startswith("destination: #1 reads version 0 marks 0-")
    assert "destination: #1 has file a.png 2 times" in found([first, second, second, reply])
    assert "destination: #2 stands before #1" in found([Post(9, *_rest(reply)), first, second])
    assert found([first, second]) == ["destination: #2 is missing (0 posts were deleted)"]
    assert "destination: #2 is no reply to #1" in found(
        [first, second, Post(13, reply.text, (), frozenset(), deleted=False)]
    )
    bare = Post(12, second.text, (A.digest,), frozenset(), deleted=False)
    assert found([first, bare, reply]) == ["destination: #1 lacks file b.png"]
    old = Post(14, text(2, 200, revision=4), (), frozenset(), deleted=False)
    assert "version 4" in found([first, second, reply, old])[0]


def test_a_copy_that_began_as_a_line_in_the_place_of_its_file_stands_where_that_stood() -> None:
    """The source replaced the file before it went out; the edit brought the new one, and took the line away."""
    new = File("c.png", photo=True)
    acts = (Act(What.POST, 1, 0, (A, B)), Act(What.EDIT, 1, 200, (new,), revision=1))
    line = Post(10, "A file of this message cannot be fetched any more.", (), frozenset(), deleted=True)
    second = Post(11, "", (B.digest,), frozenset(), deleted=False)
    first = Post(12, text(1, 200, revision=1), (new.digest,), frozenset(), deleted=False)
    late = Post(13, *_rest(line))
    swapped = "destination: #2 stands before #1"
    assert swapped not in found([line, second, first], *acts)
    assert swapped in found([second, first], *acts)
    assert swapped in found([second, first, late], *acts)


def _rest(post: Post) -> tuple[str, tuple[str, ...], frozenset[int], bool]:
    return post.text, post.files, post.links, post.deleted


@pytest.mark.parametrize(
    ("act", "on_discord", "at_destination"),
    [
        (Act(What.DELETE, 1), False, False),
        (Act(What.MODERATE_ONE, 1), False, False),
        (Act(What.MODERATE_ALL, 1), False, False),
        (Act(What.ADMINISTER, 1), True, False),
        (Act(What.PAUSE, 0), True, True),
    ],
)
def test_a_delete_is_final(act: Act, on_discord: bool, at_destination: bool) -> None:
    model = Model().after((Act(What.POST, 1, 900), act, Act(What.EDIT, 1, 50, revision=1)))
    stands = [bool(model.standing(place)) for place in (Place.DISCORD, Place.DESTINATION)]
    assert stands == [on_discord, at_destination]
    assert model.messages[1].revision == 1


def test_files_that_an_edit_brings_or_takes_away_may_stand() -> None:
    model = Model().after((Act(What.SAY, 1, 20, (A, B)), Act(What.SAY_EDIT, 1, 30, (B,), revision=1)))
    assert model.messages[1] == Message(1, True, 30, frozenset({B}), 0, 1, frozenset({A}))


def test_every_text_has_its_marks_and_keeps_its_size() -> None:
    for size in (0, 11, 12, 60, 1024, 2000, 4096):
        made = compose(7, 2, size, SEED)
        assert len(made.text) <= size
        assert [mark.index for mark in marks_in(made.text)] == list(range(made.marks))


def test_scripts_do_everything_and_are_the_same_again() -> None:
    scripts = [script(SEED, index) for index in range(1, 101)]
    assert scripts == [script(SEED, index) for index in range(1, 101)]
    kinds = Counter(act.what for acts in scripts for act in acts)
    assert set(kinds) == set(What)
    assert {len(acts) for acts in scripts} == {ACTS}
    assert max(act.size for acts in scripts for act in acts) > 4000
    assert any(act.files and act.what is What.EDIT for acts in scripts for act in acts)
