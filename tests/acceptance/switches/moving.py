"""/changesession, /deletesession and /optimalsession."""

from __future__ import annotations

from tests.acceptance.switches.switch import Switch

_SPECS = "pairs/domain/specs.py"
_MOVES = "pairs/domain/moves.py"
_COMMITS = "pairs/services/commits.py"
_DELETION = "pairs/bot/deletesession.py"
_CHOICE = "sessions/domain/choice.py"

SWITCHES = (
    Switch(
        ("S-33",),
        "pairs/bot/changesession.py",
        "    await _ask(call, *_parsed(call.text))\n",
        "    return\n",
        "/changesession does nothing",
    ),
    Switch(
        ("S-09", "S-34", "S-105"),
        _COMMITS,
        "_write([move for move in moves if move.before_id is not None], _WISH)",
        "pass",
        "a move that was confirmed changes nothing",
    ),
    Switch(
        ("S-11",),
        _COMMITS,
        "_named(move.after)) for move in moves)",
        "_named(move.after)) for move in moves[:0])",
        "moves are not audited",
    ),
    Switch(
        ("S-35", "S-38"),
        _SPECS,
        r'items = [item for item in re.split(r"[,\s]+", cleaned) if item]',
        "items = [cleaned]",
        "lists of pairs are not understood",
    ),
    Switch(("S-36", "S-38"), _SPECS, "elif span:", "elif False:", "ranges of pairs are not understood"),
    Switch(
        ("S-37", "S-38"),
        _SPECS,
        "if cleaned.lower().startswith(_ALL):",
        "if False:",
        "all_from: is not understood",
    ),
    Switch(
        ("S-10", "S-108"),
        "pairs/services/moving.py",
        "if state := unfit(target):",
        "if False:",
        "nobody looks whether the new session works",
    ),
    Switch(
        ("S-10", "S-108"),
        _MOVES,
        "taken[target.session_id] >= target.free",
        "False",
        "nobody looks whether the new session has room",
    ),
    Switch(
        ("S-96",),
        "pairs/bot/changesession.py",
        "    if plan.moves:\n",
        "    if plan.moves and not plan.refused:\n",
        "what fits is not offered when something does not",
    ),
    Switch(
        ("S-107",),
        "pairs/bot/moves.py",
        'lines += [f"❌ {len(plan.refused)} cannot move:", *bullets(plan.problems)]',
        'lines += [f"❌ {len(plan.refused)} cannot move"]',
        "nobody is told why a pair cannot move",
    ),
    Switch(
        ("S-110",),
        "pairs/services/selection.py",
        "    _check(spec, found, named)\n",
        "",
        "pairs that do not exist are passed over in silence",
    ),
    Switch(
        ("S-109",),
        "pairs/services/moving.py",
        "if plan.refused and not partly:",
        "if plan.refused:",
        "a move in parts is refused like a whole one",
    ),
    Switch(
        ("S-42", "S-44", "S-46"),
        _DELETION,
        "    name, force = _parsed(call.words)\n",
        "    return\n",
        "/deletesession does nothing",
    ),
    Switch(
        ("S-43",),
        _DELETION,
        "if (plan.pairs or plan.leaving) and not force:",
        "if False:",
        "a session with pairs is deleted without more ado",
    ),
    Switch(
        ("S-45", "S-46"),
        _DELETION,
        "return words[0], len(words) == 2",
        "return words[0], False",
        "force is ignored",
    ),
    Switch(
        ("S-04", "S-106"),
        "sessions/services/removal.py",
        "    session.lifecycle = Lifecycle.DELETED\n",
        "",
        "a deleted session keeps its name",
    ),
    Switch(
        ("S-56",),
        "sessions/services/removal.py",
        'flip(session.pk, Health.DELETED, reason="deleted")',
        "pass",
        "a removed session keeps its health",
    ),
    Switch(
        ("S-14", "S-45", "S-87"),
        "pairs/services/standins.py",
        "chosen = _seated(order, fits, usable, sights)",
        "chosen: dict[int, int] = {}",
        "no session stands in for another",
    ),
    Switch(
        ("S-47",),
        "pairs/bot/optimalsession.py",
        "await call.reply(Reply(optimal_text(await call.do(optimal_session))))",
        "return",
        "/optimalsession does nothing",
    ),
    Switch(
        ("S-48", "S-83"),
        _CHOICE,
        "bool(choice.unseen), -choice.priority, -choice.free, choice.name.lower()",
        "bool(choice.unseen), -choice.free, choice.name.lower()",
        "the best session is chosen without its priority",
    ),
    Switch(("S-48",), _CHOICE, "if candidate.free < seats:", "if False:", "a full session is chosen"),
    Switch(
        ("S-48",),
        "pairs/services/finding.py",
        "if found.source.member or found.source.chat_id <= 0:",
        "if True:",
        "a session that is no member of the source is chosen before one that is",
    ),
    Switch(
        ("S-48",),
        _CHOICE,
        'if candidate.health != "healthy":',
        "if False:",
        "an unhealthy session is chosen",
    ),
)
