"""Files of pairs against the pairs that there are: what is new, what differs, and doing it line by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.db.models import QuerySet

from pairs.domain.imports import PairLine
from pairs.domain.options import CHOICES
from pairs.domain.references import chat_number, marked
from pairs.domain.requests import EditWish, PairWish
from pairs.models import Pair
from pairs.services.adding import add_wished
from pairs.services.changing import change_pair
from pairs.services.finding import ITSELF
from pairs.services.moving import change_sessions
from project.core import operations
from project.core.config import current
from project.core.crypto import unseal
from project.core.errors import InvalidInput, RelayError
from project.core.models import OperationState
from project.core.operations import OperationView
from project.core.secret import Secret
from project.core.words import counted
from project.discord.rest import Webhook
from project.discord.urls import parse_webhook_url, webhook_url
from sessions.models import SenderBot, TelegramSession
from sessions.models.sender import SenderState
from sessions.models.session import Lifecycle

KIND = "pairs.import"
_WITH_URLS = "`python manage.py pair export FILE --with-secrets` writes URLs"


class What(StrEnum):
    """What a line of a file means."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    CONFLICT = "conflicting"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line and what it would do; `about` says what differs, or why it cannot be."""

    line: PairLine
    what: What
    pair_id: int | None = None
    about: tuple[str, ...] = ()

    @property
    def acts(self) -> bool:
        """Whether there is anything to do."""
        return self.what in (What.NEW, What.CHANGED)


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """The whole file, in its order."""

    entries: tuple[Entry, ...]

    def of(self, what: What) -> tuple[Entry, ...]:
        """The lines of one kind."""
        return tuple(entry for entry in self.entries if entry.what is what)

    @property
    def work(self) -> tuple[Entry, ...]:
        """The lines that would do something."""
        return tuple(entry for entry in self.entries if entry.acts)


def plan_import(lines: Sequence[PairLine]) -> ImportPlan:
    """The difference between a file and the pairs there are, in a few queries; nobody is asked, nothing is changed.

    A public name that no pair knows counts as new: it is looked up when the line is carried out.
    """
    known = _Known.read()
    return ImportPlan(tuple(known.entry(line) for line in lines))


def begin_import(*, actor: str, work: Sequence[Entry]) -> OperationView:
    """Notes that an import begins."""
    title = f"Import of {counted(len(work), 'pair')}"
    lines = [entry.line.line for entry in work]
    return operations.begin(kind=KIND, title=title, actor=actor, total=len(work), payload={"lines": lines})


def carry_out(*, actor: str, entry: Entry) -> str:
    """Does one line; a sentence about it. Blocks for seconds, up to two minutes. Raises RelayErrors."""
    line = entry.line
    if entry.what is What.NEW:
        discord = line.webhook or Secret(str(line.discord))
        wish = PairWish(line.source, discord, line.destination, line.session, line.sender, dict(line.options))
        return f"Line {line.line}: pair {add_wished(actor=actor, wish=wish).id} is new."
    if entry.what is not What.CHANGED or entry.pair_id is None:
        raise InvalidInput(f"Line {line.line} is {entry.what}: there is nothing to do.")
    pair_id = entry.pair_id
    pair = Pair.objects.select_related("sender", "assignment__session").get(pk=pair_id)
    wish_to_edit = _edit(pair, line)
    if not wish_to_edit.empty:
        change_pair(actor=actor, pair_id=pair_id, wish=wish_to_edit, reason="import")
    if line.session and line.session.lower() != _session_of(pair).lower():
        change_sessions(actor=actor, pairs=[pair_id], target=line.session, reason="import")
    return f"Line {line.line}: pair {pair_id} has changed."


@dataclass
class Run:
    """An import under way, a line at a time, so that whoever runs it can show how far it is."""

    actor: str
    operation: OperationView
    work: Sequence[Entry]
    done: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def gone(self) -> int:
        """Lines that are behind us, with and without success."""
        return self.done + len(self.problems)

    @property
    def at(self) -> Entry | None:
        """The line whose turn it is, None after the last."""
        return self.work[self.gone] if self.gone < len(self.work) else None

    def step(self) -> bool:
        """Carries out the next line; False when there is none left, somebody asked to stop, or it was given up as
        interrupted because nothing was heard of it for too long."""
        entry = self.at
        if entry is None or self.operation.stop_asked or not self.operation.running:
            self._finish()
            return False
        try:
            carry_out(actor=self.actor, entry=entry)
            self.done += 1
        except RelayError as error:
            self.problems.append(f"Line {entry.line.line}: {error.for_people()}")
        self.operation = operations.advance(self.operation.id, done=self.done, failed=len(self.problems))
        return True

    def _finish(self) -> None:
        left = len(self.work) - self.gone
        state = OperationState.STOPPED if left else OperationState.DONE
        note = f"{counted(left, 'line')} {'was' if left == 1 else 'were'} not begun." if left else ""
        self.operation = operations.finish(self.operation.id, state, note=note)


# --- the difference


@dataclass(frozen=True, slots=True)
class _Known:
    pairs: Mapping[tuple[int, int, int], Pair]
    webhooks: Mapping[int, Pair]
    usernames: Mapping[str, int]
    sessions: frozenset[str]
    senders: Mapping[str, SenderBot]

    @classmethod
    def read(cls) -> _Known:
        """All that lines are compared with."""
        pairs = list(_living())
        bots = SenderBot.objects.filter(state=SenderState.ACTIVE)
        return cls(
            pairs={(pair.source_chat, pair.discord_channel, pair.destination_chat): pair for pair in pairs},
            webhooks={pair.webhook_id: pair for pair in pairs if pair.webhook_id},
            usernames={
                name.lower(): chat
                for pair in pairs
                for name, chat in (
                    (pair.destination_username, pair.destination_chat),
                    (pair.source_username, pair.source_chat),
                )
                if name
            },
            sessions=frozenset(
                name.lower()
                for name in TelegramSession.objects.filter(lifecycle=Lifecycle.ACTIVE).values_list("name", flat=True)
            ),
            senders={key: bot for bot in bots for key in (bot.username.lower(), str(bot.bot_id)) if key},
        )

    def entry(self, line: PairLine) -> Entry:
        """What one line means."""
        pair = self._pair(line)
        problems = self._problems(line, pair)
        if problems:
            return Entry(line, What.CONFLICT, pair.pk if pair else None, tuple(problems))
        if pair is None:
            return Entry(line, What.NEW, about=self._unknown(line))
        about = _differences(pair, line)
        return Entry(line, What.CHANGED if about else What.UNCHANGED, pair.pk, about)

    def _problems(self, line: PairLine, pair: Pair | None) -> list[str]:
        """Only of what would be new: a pair may well have a session that is not logged in at the moment."""
        problems = []
        if line.session and line.session.lower() not in {*self.sessions, _session_of(pair).lower() if pair else ""}:
            problems.append(f"there is no session {line.session!r} that is logged in")
        sender = line.sender.removeprefix("@").lower()
        known = sender in ITSELF or sender in self.senders
        if not known and (pair is None or _names_another_sender(pair, line)):
            problems.append(f"there is no sender bot {line.sender!r}")
        if line.webhook is not None and _webhook(line) is None:
            problems.append("webhook: this is not the address of a Discord webhook")
        other = line.webhook is None and line.webhook_id is not None
        if other and (pair is None or pair.webhook_id != line.webhook_id):
            problems.append(f"another webhook needs its URL, not its id: {_WITH_URLS}")
        return problems

    def _pair(self, line: PairLine) -> Pair | None:
        source, destination = self._chat(line.source), self._chat(line.destination)
        channel = line.discord
        webhook = _webhook(line)
        if channel is None and webhook is not None and webhook.id in self.webhooks:
            channel = self.webhooks[webhook.id].discord_channel
        if source is None or destination is None or channel is None:
            return None
        return self.pairs.get((source, channel, destination))

    def _unknown(self, line: PairLine) -> tuple[str, ...]:
        """Whether such a chat exists, nobody has asked yet."""
        names = [name for name in (line.source, line.destination) if self._chat(name) is None]
        return (f"{' and '.join(names)}: looked up when this runs",) if names else ()

    def _chat(self, reference: str) -> int | None:
        number = chat_number(reference)
        return number if number is not None else self.usernames.get(reference.removeprefix("@").lower())


def _living() -> QuerySet[Pair]:
    return Pair.living().select_related("sender", "assignment__session").order_by("pk")


def _webhook(line: PairLine) -> Webhook | None:
    if line.webhook is None:
        return None
    try:
        return parse_webhook_url(line.webhook.reveal(), api_url=current().discord_api_url)
    except InvalidInput:
        return None


def _differences(pair: Pair, line: PairLine) -> tuple[str, ...]:
    about = []
    if line.session and line.session.lower() != _session_of(pair).lower():
        about.append(f"session: {_session_of(pair) or '-'} → {line.session}")
    if _names_another_sender(pair, line):
        about.append(f"sender: {_sender_of(pair) or 'the session'} → {line.sender or 'the session'}")
    if _posts_otherwise(pair, line):
        about.append("Discord: another webhook" if line.webhook or line.webhook_id else "Discord: the bot posts")
    options = dict(line.options)
    for name in sorted(CHOICES):
        before = pair.options.get(name, "")
        if options.get(name, "") not in ("", before):
            about.append(f"{name}: {before or '-'} → {options[name]}")
    return tuple(about)


def _edit(pair: Pair, line: PairLine) -> EditWish:
    other = _names_another_sender(pair, line)
    discord = (line.webhook or Secret(str(line.discord))) if _posts_otherwise(pair, line) else None
    return EditWish(
        discord=discord,
        sender=(line.sender or "session") if other else "",
        options={name: value for name, value in line.options if pair.options.get(name) != value},
    )


def _names_another_sender(pair: Pair, line: PairLine) -> bool:
    wanted = line.sender.removeprefix("@").lower()
    if pair.sender is None:
        return wanted not in ITSELF
    return wanted not in (pair.sender.username.lower(), str(pair.sender.bot_id))


def _posts_otherwise(pair: Pair, line: PairLine) -> bool:
    webhook = _webhook(line)
    wanted = webhook.id if webhook else line.webhook_id
    if wanted != pair.webhook_id:
        return True
    return webhook is not None and webhook.token.reveal() != _token(pair)


def _token(pair: Pair) -> str:
    return unseal(bytes(pair.webhook_sealed or b""), owner=pair.seal_owner, keys=current().master_keys).decode()


def _session_of(pair: Pair) -> str:
    return pair.reader.name if pair.reader else ""


def _sender_of(pair: Pair) -> str:
    if pair.sender is None:
        return ""
    return f"@{pair.sender.username}" if pair.sender.username else str(pair.sender.bot_id)


# --- the other way


def export_pairs(*, with_secrets: bool) -> tuple[PairLine, ...]:
    """All living pairs as lines of a file. Without secrets webhooks are named by their ids: such a file changes pairs
    here, but cannot make them anew elsewhere."""
    return tuple(_exported(pair, with_secrets=with_secrets) for pair in _living())


def _exported(pair: Pair, *, with_secrets: bool) -> PairLine:
    webhook = None
    if with_secrets and pair.webhook_id:
        webhook = webhook_url(Webhook(pair.webhook_id, Secret(_token(pair))), api_url=current().discord_api_url)
    return PairLine(
        source=marked(pair.source_chat),
        destination=marked(pair.destination_chat),
        discord=pair.discord_channel,
        webhook=webhook,
        webhook_id=None if webhook else pair.webhook_id,
        session=_session_of(pair),
        sender=_sender_of(pair),
        options=tuple((name, pair.options[name]) for name in sorted(CHOICES) if pair.options.get(name)),
    )
