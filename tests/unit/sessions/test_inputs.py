"""What people write about sessions: names, phones, registrations, changes, codes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project.core.errors import InvalidInput
from sessions.domain.changes import changes_problems, may_be_secret, parse_changes, with_metadata
from sessions.domain.codes import burns, parse_code
from sessions.domain.delivery import way, where
from sessions.domain.names import LONGEST, name_problem, nearest_name, other_name
from sessions.domain.phone import masked, nearest_phone, parse_phone, phone_warning, same_phone
from sessions.domain.registration import parse_registration

HOSTILE = ["../x", "a\0b", "‮evil", "x" * 10_000, "", "naïve", "a b", "a-b", "１２", "a\n"]


@pytest.mark.parametrize("name", ["a", "user1_main", "backup_session", "X" * 32, "_", "1"])
def test_names_that_are_taken(name: str) -> None:
    assert name_problem(name) == ""


@pytest.mark.parametrize("name", HOSTILE)
def test_names_that_are_refused_and_what_they_could_be(name: str) -> None:
    assert name_problem(name)
    assert not name_problem(nearest_name(name))


def test_a_taken_name_gets_a_number_and_keeps_its_length() -> None:
    assert other_name("main", 2) == "main_2"
    assert len(other_name("x" * LONGEST, 12)) == LONGEST


@pytest.mark.parametrize(
    ("text", "phone"),
    [
        ("+1234567890", "+1234567890"),
        ("+49 (151) 123-45 67", "+491511234567"),
        ("+1234567", "+1234567"),
        ("+123456789012345", "+123456789012345"),
    ],
)
def test_phones_of_e164(text: str, phone: str) -> None:
    assert parse_phone(text) == phone


@pytest.mark.parametrize(
    "text",
    ["1234567890", "+123456", "+1234567890123456", "+1; DROP", "", "+", "++1234567", "+1" * 9999],
)
def test_what_is_no_phone(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_phone(text)


def test_phones_are_doubted_masked_compared_and_mended() -> None:
    assert phone_warning("+1234567890")
    assert phone_warning("+4915112345678") == ""
    assert masked("+4915112345678") == "+49•••••••••78"
    assert same_phone("+4915112345678", "4915112345678")
    assert not same_phone("+4915112345678", "4915112345679")
    assert nearest_phone("004915112345678") == "+4915112345678"
    assert nearest_phone("49 151 1234567") == "+491511234567"
    assert nearest_phone("hello") == ""


def test_the_registration_of_the_specification() -> None:
    draft = parse_registration(["user1_main", "+1234567890", "3", "25"])
    assert (draft.name, draft.phone, draft.priority, draft.max_pairs) == ("user1_main", "+1234567890", 3, 25)
    assert draft.problems == ()


@pytest.mark.parametrize(
    ("words", "problems", "fixed"),
    [
        ("", 2, "session_1 +1234567890"),
        ("main", 1, "main +1234567890"),
        ("../x 12 0 51 more", 5, "x +1234567890"),
        ("my-name 491511234567 99 -3", 4, "my_name +491511234567"),
        ("main +491511234567 three", 1, "main +491511234567"),
        ("main +491511234567 ３", 1, "main +491511234567"),
        ("main +491511234567 3 many", 1, "main +491511234567 3"),
        ("main +491511234567 11 25", 1, "main +491511234567 1 25"),
    ],
)
def test_all_problems_of_a_registration_at_once_with_what_could_be_meant(words: str, problems: int, fixed: str) -> None:
    draft = parse_registration(words.split())
    assert len(draft.problems) == problems
    assert " ".join(draft.fixed) == fixed
    assert parse_registration(draft.fixed).problems == ()


@given(st.lists(st.text(max_size=50), max_size=8))
def test_any_registration_can_be_mended(words: list[str]) -> None:
    draft = parse_registration(words)
    assert parse_registration(draft.fixed).problems == ()
    assert parse_registration(draft.fixed).fixed == draft.fixed


def test_changes_of_every_kind() -> None:
    hash_ = "0123456789abcdef" * 2
    text = "priority=5 max_pairs=20 failover=OFF name=other proxy=socks5://u:p@h:1 api_id=7"
    draft = parse_changes(f'{text} api_hash={hash_} meta.team="a b" meta.x=')
    assert draft.problems == ()
    changes = draft.changes
    assert (changes.priority, changes.max_pairs, changes.name, changes.api_id) == (5, 20, "other", 7)
    assert changes.failover is False
    assert changes.proxy is not None
    assert changes.proxy.reveal() == "socks5://u:p@h:1"
    assert with_metadata({"x": "1", "y": "2"}, changes.metadata) == {"y": "2", "team": "a b"}
    assert "u:p" not in repr(draft)
    assert hash_ not in repr(draft)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Nothing to change"),
        ("priority", "setting=value"),
        ("priority=0", "from 1 to 10"),
        ("max_pairs=51", "from 1 to 50"),
        ("name=a-b", "letters, digits and underscores"),
        ("colour=red", "cannot be changed"),
        ("proxy=http://h:1", "SOCKS5"),
        ("failover=maybe", "on or off"),
        ("api_id=5", "belong together"),
        ("api_hash=xyz", "32 hex digits"),
        ("meta.a/b=1", "meta.key=value"),
        (f"meta.note={'x' * 201}", "200 characters"),
    ],
)
def test_changes_that_are_refused(text: str, said: str) -> None:
    assert any(said in problem for problem in parse_changes(text).problems)


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("priority=5 max_pair=20", "priority=5 max_pairs=20"),
        ("prority=99", "priority=10"),
        ("max_pairs=99 colour=red", "max_pairs=50"),
        ("priority=high", ""),
        ("priorty=high", ""),
        ("failover=maybe name=ok", "name=ok"),
        ("Failovr=off", "failover=off"),
        ("api_hsh=" + "0" * 32, "api_hash=…"),
        ("colour=red", ""),
        ("priority", ""),
        ("", ""),
    ],
)
def test_a_correction_guesses_names_of_settings_and_no_values(text: str, fixed: str) -> None:
    assert " ".join(parse_changes(text).fixed) == fixed


@pytest.mark.parametrize("word", ["proxi=socks5://u:p@h:1", "api_hsh=abc", "API_HASH=a"])
def test_secrets_of_mistyped_settings(word: str) -> None:
    assert may_be_secret(word)


@pytest.mark.parametrize("word", ["priority=5", "proxy=", "meta.proxy=1", "proxy", "name=proxy"])
def test_what_is_no_secret(word: str) -> None:
    assert not may_be_secret(word)


def test_removing_things_is_a_change() -> None:
    draft = parse_changes("proxy= api_id=")
    assert draft.problems == ()
    assert not draft.changes.proxy
    assert draft.changes.proxy is not None
    assert draft.changes.api_id == 0
    assert changes_problems(draft.changes) == []


def test_metadata_is_bounded() -> None:
    with pytest.raises(InvalidInput):
        with_metadata({}, {f"k{number}": "v" for number in range(21)})


@given(st.text(max_size=300))
def test_any_text_of_changes_is_answered(text: str) -> None:
    draft = parse_changes(text)
    assert draft.problems or draft.changes


@pytest.mark.parametrize("text", ["12345", "1a2b3c4d5", "1 2 3 4 5", "1-2-3-4-5", " 12.345 ", "x12345"])
def test_codes_however_they_are_typed(text: str) -> None:
    assert parse_code(text, delivery="app", length=5) == "12345"


@pytest.mark.parametrize("text", ["1234", "123456", "", "abc", "１２３４５", "1" * 500, "12\x0034"])
def test_what_cannot_be_the_code_costs_no_try(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_code(text, delivery="sms", length=5)


def test_words_and_phrases_stay_as_they_are() -> None:
    assert parse_code(" two  words ", delivery="phrase", length=3) == "two words"


@pytest.mark.parametrize(
    ("text", "burnt"),
    [
        ("12345", True),
        ("my code is 12345!", True),
        ("1-2-3-4-5", True),
        ("1234567", True),
        ("1a2b3c4d5", False),
        ("1 2 3 4 5", False),
        ("1234", False),
        ("12345678", False),
    ],
)
def test_what_telegram_voids(text: str, burnt: bool) -> None:
    assert burns(text) is burnt


KINDS = (
    *("app", "sms", "call", "flash_call", "missed_call", "email"),
    *("fragment", "word", "phrase", "firebase", "email_setup", "something_new"),
)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_delivery_has_its_words(kind: str) -> None:
    assert where(kind)
    assert way(kind)
