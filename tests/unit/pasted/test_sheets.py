"""B28: files as spreadsheets and editors save them."""

from __future__ import annotations

import csv
import io
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pairs.domain.imports import PairLine, parse_pairs
from pairs.domain.sheets import plain_cell
from project.core.errors import InvalidInput, ManyProblems
from project.core.textfile import decode_text

HEAD = "source;discord;destination\r\n"
ROWS = "@harbour_demo;123456789012345678;'-1001234567890\r\n-1001112223334.0;123456789012345679;@copy_demo\r\n"
PAIRS = (
    PairLine("@harbour_demo", "-1001234567890", discord=123456789012345678),
    PairLine("-1001112223334", "@copy_demo", discord=123456789012345679),
)


@pytest.mark.parametrize(
    ("data", "first"),
    [
        (b"\xef\xbb\xbf" + ("sep=;\r\n" + HEAD + ROWS).encode(), 3),
        (("sep=;\r\n" + HEAD + ROWS).encode(), 3),
        (('"sep=;"\r\n' + HEAD + ROWS).encode(), 3),
        (("SEP=~\r\n" + HEAD + ROWS).replace(";", "~").encode(), 3),
        ((HEAD + ROWS).encode(), 2),
        (b"\xff\xfe" + (HEAD + ROWS).replace(";", "\t").encode("utf-16-le"), 2),
        (b"\xfe\xff" + (HEAD + ROWS).replace(";", "\t").encode("utf-16-be"), 2),
        ((HEAD + ROWS).replace(";", "\t").encode("utf-16-le"), 2),
        ((HEAD + ROWS).replace("\r\n", "\r").encode(), 2),
        (("\r\n\r\n" + HEAD + "\r\n" + ROWS).encode(), 5),
        (("source;discord;destination;;\r\n" + ROWS.replace("\r\n", ";;\r\n")).encode(), 2),
        (('\u201cSource\u201d;\u00a0Discord;"destination"\r\n' + ROWS).encode(), 2),
        (("source|discord|destination\n" + ROWS.replace(";", "|")).encode(), 2),
    ],
)
def test_b28_the_same_pairs_however_they_were_saved(data: bytes, first: int) -> None:
    found = parse_pairs(data)
    assert found == PAIRS
    assert [one.line for one in found] == [first, first + 1]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("'-1001234567890", "-1001234567890"),
        ("\u2019-1001234567890", "-1001234567890"),
        ('="-1001234567890"', "-1001234567890"),
        ("-1001112223334.0", "-1001112223334"),
        ("-1001112223334,00", "-1001112223334"),
        ("-1,001,112,223,334", "-1001112223334"),
        ("-1.001.112.223.334", "-1001112223334"),
        ("-1\u202f001\u202f112\u202f223\u202f334", "-1001112223334"),
        ("123456789012345678", "123456789012345678"),
        ("@harbour_demo", "@harbour_demo"),
    ],
)
def test_b28_what_spreadsheets_add_is_taken_off(cell: str, value: str) -> None:
    assert plain_cell(cell) == value
    assert plain_cell(value) == value


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("123456789012345679.0", "perhaps rounded: a spreadsheet has added .0"),
        ("123,456,789,012,345,679", "perhaps rounded: a spreadsheet has put it in groups"),
        ("1.23457E+17", "shortened"),
        ("1,23457E17", "shortened"),
        ("-1.00111E+12", "shortened"),
        ("#NAME?", "took this for a formula"),
        ("#REF!", "took this for a formula"),
    ],
)
def test_b28_what_may_have_lost_digits_is_refused_in_words(cell: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        plain_cell(cell)
    with pytest.raises(ManyProblems) as refused:
        parse_pairs(f"source;discord;destination\n@harbour_demo;{cell};@copy_demo\n".encode())
    assert refused.value.problems[0].startswith("Line 2: discord: ")
    assert why in refused.value.problems[0]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"sep=;\r\nquelle;discord;ziel\r\na;1;b\r\n", "Line 2: the heading has no column source and destination"),
        (b"source,discord,destnation\n@a,1,@b\n", "no column destination; it has 'source', 'discord', 'destnation'"),
        (b'"source;discord;destination"\n"a;1;b"\n', "Line 1: the whole line stands in quotes"),
        (b"source,destination,\n@harbour_demo,@copy_demo,x\n", "Line 2: a value stands in a column without a heading"),
        (b"source,destination,Source\n", "'source' stands there twice"),
        (b"PK\x03\x04rest", "workbook"),
        (b"%PDF-1.7", "a PDF"),
        (b"source,destination\n@harbour_demo,@copy_demo\nL\xfcbeck,x\n", "line 3 holds a byte"),
        (b"\xff\xfe\0\0s\0\0\0", "UTF-32"),
        (b"- source: @harbour_demo\n\tdiscord: 1\n", "Line 2"),
    ],
)
def test_b28_what_is_no_list_says_where(data: bytes, why: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_pairs(data)
    assert why in refused.value.message


def test_b28_yaml_as_people_write_it() -> None:
    text = (
        "\ufeffpairs:\r\n  - source: @harbour_demo   # the old one\r\n    discord: <#123456789012345678>\r\n"
        "    destination: \u201c-1001234567890\u201d\r\n  - source: \u22121001112223334\r\n"
        "    discord: 123456789012345679\r\n    destination: @copy_demo\r\n"
    )
    assert parse_pairs(text.encode()) == PAIRS
    assert parse_pairs(text.encode("utf-16")) == PAIRS
    with pytest.raises(ManyProblems, match="'#news' is a channel's name"):
        parse_pairs(b"- source: @harbour_demo\n  discord: #news\n  destination: @copy_demo\n")


@settings(deadline=None)
@given(
    st.lists(st.text(alphabet="ab1-@'\"=.#,;\t \ufeff\u2212", max_size=12), min_size=3, max_size=3),
    st.sampled_from(",;\t|"),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_b28_any_cells_are_a_pair_or_refused_with_their_line(cells: list[str], delimiter: str, encoding: str) -> None:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter)
    writer.writerows([["source", "discord", "destination"], cells])
    with suppress(InvalidInput):
        assert len(parse_pairs(written.getvalue().encode(encoding))) == 1


@given(st.text(min_size=1, max_size=40).filter(lambda text: "\0" not in text and text[0] != "\ufeff"))
def test_b28_text_comes_back_from_every_encoding(text: str) -> None:
    with suppress(UnicodeEncodeError):
        for encoding in ("utf-8", "utf-8-sig", "utf-16"):
            assert decode_text(text.encode(encoding)) == text


@given(st.binary(max_size=60))
def test_b28_any_bytes_are_text_or_refused(data: bytes) -> None:
    with suppress(InvalidInput):
        decode_text(data)
