"""What the health of a session is, who hears of it, and what becomes of its pairs."""

from __future__ import annotations

from tests.acceptance.switches.switch import Switch

_HEALTH = "sessions/domain/health.py"

SWITCHES = (
    Switch(
        ("S-12", "S-57"),
        "workers/tasks.py",
        "for account in selectors.owned_sessions():",
        "for account in list[str]():",
        "no session is asked for its regular check",
    ),
    Switch(
        ("S-12", "S-57", "S-71"),
        "workers/schedule.py",
        '_row("Check sessions", CHECK_SESSIONS, config.session_health_interval)',
        "pass",
        "checks of sessions are not scheduled",
    ),
    Switch(
        ("S-13",),
        "workers/worker/checkup.py",
        "access = await self._access(account, chats, thorough=thorough)",
        "access: dict[int, str] = {}",
        "a check does not look at the sources",
    ),
    Switch(
        ("S-13",),
        "pairs/services/checks.py",
        "yield _source(pair, session)",
        "pass",
        "the test of a pair does not look at its source",
    ),
    Switch(
        ("S-14",),
        "workers/control.py",
        "reports = self._do(self._failovers.round, now) or {}",
        "reports: dict[int, Any] = {}",
        "pairs of a dead session stay with it",
    ),
    Switch(
        ("S-51", "S-60"),
        _HEALTH,
        "if seen.failed or seen.last_good is None or seen.gone_since is not None or not seen.proved:",
        "if True:",
        "a good check does not make a session healthy",
    ),
    Switch(
        ("S-51",),
        "sessions/login/finish.py",
        "health = 'healthy', health_reason",
        "health = 'unknown', health_reason",
        "a login does not make a session healthy",
    ),
    Switch(
        ("S-52",),
        _HEALTH,
        "return _trouble(seen, limits, gone=gone)",
        "return None",
        "trouble does not make a session unhealthy",
    ),
    Switch(
        ("S-52",),
        _HEALTH,
        'f"partial access {seen.sources - seen.lost}/{seen.sources}" if seen.lost else ""',
        '""',
        "a healthy session does not tell that it lost sources",
    ),
    Switch(
        ("S-53",),
        _HEALTH,
        "if unauthorized(seen.dead_code) else",
        "if True else",
        "no session is judged to be expired",
    ),
    Switch(
        ("S-53",),
        "project/telegram/errors.py",
        'return AccountDead(known.text, code=code, hint="Log in again.")',
        "return Refused(known.text, code=code)",
        "the end of a login is taken for a passing error",
    ),
    Switch(
        ("S-54",),
        _HEALTH,
        "if unauthorized(seen.dead_code) else",
        "if False else",
        "an account that was banned is taken for an expired login",
    ),
    Switch(
        ("S-55",),
        _HEALTH,
        "if not seen.authenticated:",
        "if False:",
        "a session that was never logged in is judged",
    ),
    Switch(
        ("S-55",),
        "sessions/models/session.py",
        "default=Health.UNKNOWN)",
        "default=Health.UNHEALTHY)",
        "a new session is unhealthy",
    ),
    Switch(
        ("S-58", "S-86"),
        "workers/services/health.py",
        'notices.post(_key(session_id), "\\n".join(lines), severity=severity, buttons=buttons)',
        "pass",
        "nobody is told of trouble",
    ),
    Switch(
        ("S-58", "S-59"),
        "pairs/domain/status.py",
        "if facts.reader is Reader.OUT:",
        "if False:",
        "pairs of a dead session are not disabled",
    ),
    Switch(
        ("S-60",),
        "project/telegram/backoff.py",
        "return min(LONGEST, longer)",
        "return 0.0",
        "a lost connection is tried again without a pause",
    ),
    Switch(
        ("S-72",),
        _HEALTH,
        "if quiet and (seen.host_good or seen.datacenter):",
        "if False:",
        "an hour without a good check ends no session",
    ),
)
