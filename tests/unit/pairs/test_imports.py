"""Files of pairs: what is read back is what was written, and whatever else comes is refused with its line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairs.domain import yamlrows
from pairs.domain.imports import PairLine, parse_pairs, render_csv, render_yaml
from project.core.chats import LARGEST_CHANNEL, marked
from project.core.errors import InvalidInput, ManyProblems
from project.core.secret import Secret

_names = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{3,31}", fullmatch=True)
_chats = st.one_of(_names.map(lambda name: f"@{name}"), st.integers(1, LARGEST_CHANNEL).map(marked))
_ids = st.integers(10**4, 10**19 - 1)
_urls = st.tuples(st.integers(10**16, 10**18), st.from_regex(r"[A-Za-z0-9_-]{60,68}", fullmatch=True)).map(
    lambda found: Secret(f"https://discord.com/api/webhooks/{found[0]}/{found[1]}")
)
_targets = st.one_of(
    st.builds(lambda channel: (channel, None, None), _ids),
    st.builds(lambda url: (None, url, None), _urls),
    st.builds(lambda channel, hook: (channel, None, hook), _ids, _ids),
)
_lines = st.builds(
    lambda source, destination, target, session, sender, options: PairLine(
        source, destination, *target, session=session, sender=sender, options=options
    ),
    _chats,
    _chats,
    _targets,
    st.one_of(st.just(""), _names),
    st.one_of(st.just(""), _names.map(lambda name: f"@{name}")),
    st.sampled_from([(), (("protected", "skip"),), (("protected", "reupload"),)]),
)
_files = st.lists(_lines, min_size=1, max_size=12, unique_by=lambda one: (one.source.lower(), one.destination.lower()))


@settings(max_examples=40, deadline=None)
@given(_files)
def test_what_is_written_is_read_back(lines: list[PairLine]) -> None:
    assert list(parse_pairs(render_csv(lines).encode())) == lines
    assert list(parse_pairs(render_yaml(lines).encode())) == lines


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_pairs_or_refused(data: bytes) -> None:
    with suppress(InvalidInput):
        assert parse_pairs(data)


@settings(deadline=None)
@given(st.text(alphabet="source,destination;\n\"'-: []{}&*!|>#@1-\t", max_size=200))
def test_anything_that_looks_like_a_file_is_pairs_or_refused(text: str) -> None:
    for heading in ("source,discord,destination\n", "pairs:\n", ""):
        with suppress(InvalidInput):
            assert parse_pairs((heading + text).encode())


def test_all_that_is_wrong_is_told_at_once_with_its_lines() -> None:
    text = (
        "source,discord,destination,protected,sesion\n"
        "@news,123456789012345678,-1000000001234,,\n"
        "\n"
        "@news,1.23457E+17,-1000000001234,,\n"
        ",123456789012345678,t.me/+AbCdEf,,x\n"
        "@NEWS,123456789012345678,1234,,\n"
        "@more,https://discord.com/api/webhooks/1/aaaaaaaaaaaa,-5,maybe,\n"
    )
    with pytest.raises(ManyProblems) as refused:
        parse_pairs(text.encode())
    told = "\n".join(refused.value.problems)
    for piece in (
        "no column 'sesion'",
        "Line 4: discord: A spreadsheet has shortened this number",
        "Line 5: source is missing",
        "Line 5: destination: An invite link",
        "Line 7: discord: a webhook's URL belongs into",
        "Line 7: destination: A basic group cannot be a destination",
        "Line 7: protected cannot be 'maybe'",
    ):
        assert piece in told, piece
    assert "aaaaaaaaaaaa" not in told + refused.value.hint


def test_the_same_pair_twice_is_named_with_both_lines() -> None:
    text = "source;discord;destination\n@news;123456;-1000000000055\nt.me/news;123456;55\n"
    with pytest.raises(ManyProblems, match="Line 3: the same pair stands in line 2"):
        parse_pairs(text.encode())


def test_yaml_keeps_texts_and_takes_both_shapes() -> None:
    text = "- source: 12345\n  discord: 0123456789\n  destination: '@no_no'\n  session: no\n  sender:\n"
    with pytest.raises(ManyProblems, match="Line 1: discord"):
        parse_pairs(text.encode())
    (line,) = parse_pairs(f"pairs:\n{text.replace('0123456789', '123456789')}".encode())
    assert (line.source, line.session, line.sender, line.line) == ("-1000000012345", "no", "", 2)


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("a: &a [x]\nb: *a", "`pairs:` is expected"),
        ("- &x\n  source: a", "aliases"),
        ("- !!python/object:os.system\n  source: a", "tags"),
        ("- source: [1]", "simple values"),
        ("- source: a\n  source: b", "twice"),
        ("just words", "no list of pairs"),
        ("- [" * 5000, "Line 1"),
        ("", "no pair"),
        ("pairs: []", "no pair"),
        ("source,destination\n" + "a,b\n" * 2001, "2000"),
        ("x" * (2**20 + 1), "1 MiB"),
        ("source,source,destination\na,b,c", "twice"),
        (",".join(["source", "destination", *map(str, range(99))]) + "\na,b" * 2000, "100 columns"),
        ("source,destination\na,b,c", "more values"),
        ('source,destination\n"a,b', "not CSV"),
    ],
)
def test_what_is_no_file_of_pairs_is_refused(text: str, piece: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_pairs(text.encode())
    assert piece in refused.value.for_people()


def test_no_reading_shows_a_webhook() -> None:
    (line,) = parse_pairs(b"source,webhook,destination\n@news,https://discord.com/api/webhooks/1/secretsecret,@copy\n")
    assert "secretsecret" not in repr(line)


@pytest.mark.parametrize("shape", ["- source: '@a'\n{}", "- {{source: '@a',\n{} x: y}}"])
def test_a_pair_with_endless_values_is_refused_before_they_are_read(
    shape: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = 0
    parse = yamlrows.yaml.parse

    def counted(*args: Any, **named: Any) -> Iterator[Any]:
        nonlocal read
        for event in parse(*args, **named):
            read += 1
            yield event

    monkeypatch.setattr(yamlrows.yaml, "parse", counted)
    mark = "," if "{{" in shape else ""
    keys = "".join(f"  k{number}: v{mark}\n" for number in range(500))
    with pytest.raises(InvalidInput, match="Line 16: a pair has at most 15 values"):
        parse_pairs(shape.format(keys).encode())
    assert read < 100
