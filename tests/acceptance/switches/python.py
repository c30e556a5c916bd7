"""`AdvancedSessionManager`."""

from __future__ import annotations

from tests.acceptance.switches.switch import Switch

_MANAGER = "project/manager.py"
_OFF = 'raise Conflict("switched off")'

SWITCHES = (
    Switch(
        ("S-115", "S-116"),
        _MANAGER,
        "_numbers(priority=priority, max_pairs=1 if max_pairs is None else max_pairs)",
        _OFF,
        "Python cannot register a session",
    ),
    Switch(
        ("S-116",),
        _MANAGER,
        "return await call(status_of, name)",
        _OFF,
        "Python gets no status",
    ),
    Switch(
        ("S-116",),
        _MANAGER,
        "ids = _pair_ids(pair_ids)",
        _OFF,
        "Python cannot move pairs",
    ),
    Switch(
        ("S-116",),
        _MANAGER,
        "found = await call(optimal_session, _pair_ids(source_chats) if source_chats else ())",
        _OFF,
        "Python is told no best session",
    ),
)
