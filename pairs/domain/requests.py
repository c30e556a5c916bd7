"""What people type after the commands about pairs. Pure; everything that is wrong is told at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from pairs.domain.channels import read_channel
from pairs.domain.durations import HINT as DURATION_HINT
from pairs.domain.durations import looks_like_duration, parse_duration
from pairs.domain.options import CHOICES, check_option
from pairs.domain.references import check_chat, check_destination
from pairs.domain.specs import PairSpec, parse_spec
from project.core.errors import InvalidInput, ManyProblems, RelayError
from project.core.message import storable_text
from project.core.redaction import names_webhook, without_pieces
from project.core.secret import Secret
from project.discord.urls import check_webhook_url

T = TypeVar("T")

LONGEST_REASON = 200
MOST_WORDS = 200
_ADD_EXAMPLE = "/addpair @source 123456789012345678 @destination sender=@my_bot"


@dataclass(frozen=True, slots=True)
class PairWish:
    """A pair as people name it. `discord` is a channel id or a webhook's URL. Empty `session`: the best one; empty
    `sender`: the session itself posts."""

    source: str
    discord: Secret
    destination: str
    session: str = ""
    sender: str = ""
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EditWish:
    """What is to be different about a pair, as people name it; what is empty stays. `discord` is a channel id or a
    webhook's URL, `sender` a bot or "session". `titles`: the chats' names are read anew."""

    discord: Secret | None = None
    destination: str = ""
    sender: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    titles: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing is wished."""
        return not (self.discord or self.destination or self.sender or self.options or self.titles)


@dataclass(frozen=True, slots=True)
class PauseRequest:
    """Which pairs rest, for how long (None: until somebody resumes them), and why."""

    pairs: PairSpec
    duration: timedelta | None
    reason: str


def parse_add(words: Sequence[str]) -> PairWish:
    """`<source> <discord> <destination> [session=name] [sender=@bot] [protected=skip]`. Raises ManyProblems."""
    problems: list[str] = []
    named, plain = _split(words, problems, allowed=("session", "sender", *CHOICES))
    if len(plain) < 3:
        missing = ("source", "discord", "destination")[len(plain) :]
        problems.append(f"Missing: {', '.join(missing)}.")
    elif len(plain) > 3:
        problems.append(f"{len(plain)} chats are too many: source, Discord and destination are three.")
    source, discord, destination = (*plain[:3], "", "", "")[:3]
    checks = ((check_chat, source), (check_destination, destination))
    chats = [_try(check, text, problems) if text else "" for check, text in checks]
    target = _try(check_target, discord, problems) if discord else ""
    options = _options(named, problems)
    if problems:
        raise ManyProblems(_harmless(problems, words), correction="" if len(plain) == 3 else _ADD_EXAMPLE)
    return PairWish(
        chats[0] or "", Secret(target or ""), chats[1] or "", named.get("session", ""), named.get("sender", ""), options
    )


def parse_edit(words: Sequence[str]) -> tuple[int, EditWish]:
    """The pair's id, and what is to be different: `<pair_id> [discord=…] [destination=…] [sender=…] [protected=…]
    [titles]`. Raises ManyProblems."""
    problems: list[str] = []
    pair_id = _try(parse_pair_id, words[0] if words else "", problems) or 0
    allowed = ("discord", "destination", "sender", *CHOICES)
    named, plain = _split([*words[1:]], problems, allowed=allowed)
    unknown = [word for word in plain if word.lower() != "titles"]
    if unknown:
        problems.append(f"{unknown[0][:40]!r}: write what changes as name=value.")
    target = _try(check_target, named["discord"], problems) if "discord" in named else None
    destination = _try(check_destination, named["destination"], problems) if "destination" in named else ""
    options = _options(named, problems)
    if problems:
        raise ManyProblems(_harmless(problems, words), correction=f"/editpair {pair_id or 3} sender=@my_bot")
    discord = Secret(target) if target else None
    return pair_id, EditWish(discord, destination or "", named.get("sender", ""), options, bool(plain))


def parse_pause(text: str) -> PauseRequest:
    """`<pairs> [time] [reason]`. Raises ManyProblems."""
    spec, rest = split_spec(storable_text(text))
    pairs = parse_spec(spec)
    first, _, others = rest.partition(" ")
    duration = None
    if first.lstrip("+-")[:1].isdigit() and not looks_like_duration(first):
        raise ManyProblems(
            (f"{first[:20]!r} is no time.",), correction=f"/pausepair {pairs} 2h {others}".strip(), hint=DURATION_HINT
        )
    if looks_like_duration(first):
        duration, rest = parse_duration(first), others
    if len(rest) > LONGEST_REASON:
        raise ManyProblems((f"The reason is longer than {LONGEST_REASON} characters.",))
    return PauseRequest(pairs, duration, " ".join(rest.split()))


def split_spec(text: str) -> tuple[str, str]:
    """The pair specification at the beginning, which may hold blanks after its commas, and what follows."""
    words = text.split()[:MOST_WORDS]
    taken = 1
    while taken < len(words) and (words[taken - 1].endswith(",") or words[taken].startswith(",")):
        taken += 1
    return " ".join(words[:taken]), " ".join(words[taken:])


def parse_pair_id(text: str) -> int:
    """Raises InvalidInput."""
    number = text.removeprefix("#")
    if not (number.isascii() and number.isdigit() and 0 < len(number) < 19 and int(number)):
        shown = f"{text[:20]!r} is no pair id." if text else "The pair's id is missing."
        raise InvalidInput(shown, hint="/pairs shows the ids.")
    return int(number)


def check_target(text: str) -> str:
    """A channel's id, or a webhook's URL as it was pasted (its host is looked at where the settings are known).

    Raises InvalidInput; a webhook's URL is never repeated, since it is a secret."""
    if names_webhook(text):
        check_webhook_url(text)
        return text
    return str(read_channel(text).channel_id)


def _split(words: Sequence[str], problems: list[str], *, allowed: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """What is given by name, and the rest. A link may hold an equals sign."""
    named: dict[str, str] = {}
    plain: list[str] = []
    for word in map(storable_text, words[:MOST_WORDS]):
        name, equals, value = word.partition("=")
        if not equals or "/" in name:
            plain.append(word)
        elif name.lower() not in allowed:
            problems.append(f"There is no {name[:30]!r}; there are {', '.join(allowed)}.")
        elif not value:
            problems.append(f"{name} has no value.")
        elif name.lower() in named:
            problems.append(f"{name} is given twice.")
        else:
            named[name.lower()] = value
    return named, plain


def _harmless(problems: Sequence[str], words: Sequence[str]) -> tuple[str, ...]:
    return tuple(map(without_pieces, problems) if names_webhook(" ".join(words)) else problems)


def _options(named: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    options = {name: named[name] for name in CHOICES if name in named}
    for name, value in options.items():
        try:
            check_option(name, value)
        except InvalidInput as error:
            problems.append(error.for_people())
    return options


def _try(check: Callable[[str], T], text: str, problems: list[str]) -> T | None:
    try:
        return check(text)
    except RelayError as error:
        problems.append(error.for_people())
        return None
