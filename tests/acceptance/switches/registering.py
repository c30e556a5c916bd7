"""/registersession, /editsession and /authenticate."""

from __future__ import annotations

from tests.acceptance.switches.switch import Switch

_COMMAND = "sessions/bot/registersession.py"
_WORDS = "sessions/domain/registration.py"
_REGISTERING = "sessions/services/registering.py"
_EDITING = "sessions/services/editing.py"
_LOGIN = "sessions/bot/authenticate.py"

SWITCHES = (
    Switch(
        ("S-04", "S-18", "S-19", "S-24"),
        _COMMAND,
        "    draft = parse_registration(call.words)\n",
        "    return\n",
        "/registersession does nothing",
    ),
    Switch(
        ("S-20", "S-79", "S-81"),
        "sessions/domain/names.py",
        'return "" if re.fullmatch(NAME_PATTERN, name) else PROBLEM',
        'return ""',
        "any text is a name",
    ),
    Switch(
        ("S-80",),
        "sessions/domain/names.py",
        'NAME_PATTERN = r"[A-Za-z0-9_]{1,32}"',
        'NAME_PATTERN = r"[A-Za-z0-9]{1,32}"',
        "a name may not have underscores",
    ),
    Switch(
        ("S-20", "S-93"),
        _REGISTERING,
        "found.append(name_taken(name))",
        "pass",
        "nobody looks whether the name exists already",
    ),
    Switch(
        ("S-21", "S-91"),
        "sessions/domain/phone.py",
        "if not _E164.fullmatch(phone):",
        "if False:",
        "any text is a phone number",
    ),
    Switch(
        ("S-21", "S-24", "S-91"),
        "sessions/domain/phone.py",
        r'_E164 = re.compile(r"\+[0-9]{7,15}")',
        r'_E164 = re.compile(r"\+[0-9]{11,15}")',
        "the form +1234567890 is refused",
    ),
    Switch(
        ("S-03", "S-21", "S-90"),
        _REGISTERING,
        "phone_hint=masked(number),",
        "phone_hint=number,",
        "phone numbers are kept and shown in full",
    ),
    Switch(
        ("S-22",),
        _COMMAND,
        "priority=draft.priority or DEFAULT_PRIORITY,",
        "priority=DEFAULT_PRIORITY,",
        "the priority is ignored",
    ),
    Switch(
        ("S-22",),
        _WORDS,
        '"" if not priority or whole_number(priority) in PRIORITIES else PRIORITY_PROBLEM,',
        '"",',
        "any priority is taken",
    ),
    Switch(
        ("S-23",),
        _COMMAND,
        "max_pairs=draft.max_pairs,",
        "max_pairs=None,",
        "max_pairs is ignored",
    ),
    Switch(
        ("S-23",),
        _WORDS,
        '"" if not pairs or whole_number(pairs) in PAIRS else PAIRS_PROBLEM,',
        '"",',
        "any max_pairs is taken",
    ),
    Switch(
        ("S-83",),
        _EDITING,
        "session.priority = changes.priority or session.priority",
        "pass",
        "the priority cannot be changed",
    ),
    Switch(
        ("S-82", "S-95", "S-114"),
        _EDITING,
        "session.max_pairs = changes.max_pairs or session.max_pairs",
        "pass",
        "max_pairs cannot be changed",
    ),
    Switch(
        ("S-05",),
        _EDITING,
        "session.metadata = with_metadata(session.metadata, changes.metadata)",
        "pass",
        "metadata is not kept",
    ),
    Switch(
        ("S-25", "S-26", "S-27"),
        _LOGIN,
        "    session = await _named(call)\n",
        "    return\n",
        "/authenticate does nothing",
    ),
    Switch(
        ("S-28", "S-29"),
        _LOGIN,
        'code = " ".join(call.text.split(maxsplit=1)[1:]).strip()',
        'code = ""',
        "a code in the command is ignored",
    ),
    Switch(
        ("S-92",),
        "sessions/bot/texts.py",
        "{plain(where(state.delivery))}",
        "",
        "nobody is told where the code went",
    ),
    Switch(
        ("S-104",),
        "sessions/services/login.py",
        "_MAY_LOG_IN = (Lifecycle.REGISTERED, Lifecycle.LOGIN, Lifecycle.ACTIVE)",
        "_MAY_LOG_IN = (Lifecycle.REGISTERED, Lifecycle.LOGIN)",
        "who was logged in once cannot be logged in again",
    ),
)
