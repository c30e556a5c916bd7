"""/sessionstatus, /sessionhealth and /workerstatus."""

from __future__ import annotations

from tests.acceptance.switches.switch import Switch

_STATUS = "workers/bot/sessionstatus.py"
_HEALTH = "workers/bot/sessionhealth.py"
_WORKERS = "workers/bot/workerstatus.py"

SWITCHES = (
    Switch(
        ("S-30", "S-31", "S-32"),
        _STATUS,
        "    found = await call.do(session_status, name)\n",
        "    return\n",
        "/sessionstatus of one session does nothing",
    ),
    Switch(
        ("S-30", "S-31", "S-32"),
        _STATUS,
        "    found = await call.do(sessions_page, number)\n",
        "    return\n",
        "/sessionstatus of all sessions does nothing",
    ),
    Switch(
        ("S-31",),
        _STATUS,
        'f"Health: {state(line.health)}"',
        '"Health: "',
        "a session's status does not name its health",
    ),
    Switch(
        ("S-84", "S-94"),
        _STATUS,
        'f"Pairs: {line.pairs}/{line.max_pairs} ({line.used:.0f} %){_statuses(found)}",',
        "",
        "a session's status does not tell how full it is",
    ),
    Switch(
        ("S-05",),
        _STATUS,
        'lines += [f"{plain(key)}: {plain(value)}" for key, value in sorted(_metadata(found))]',
        "pass",
        "metadata is not shown",
    ),
    Switch(
        ("S-39", "S-40", "S-41"),
        _HEALTH,
        "    report = await call.do(check_now, call.words[0])\n",
        "    return\n",
        "/sessionhealth of one session shows no check",
    ),
    Switch(
        ("S-39", "S-41", "S-85"),
        _HEALTH,
        "    found = await call.do(sessions_page, number, worst_first=True)\n",
        "    return\n",
        "/sessionhealth of all sessions does nothing",
    ),
    Switch(
        ("S-102",),
        _HEALTH,
        "lines += _access(report, now)",
        "pass",
        "a check does not show which sources can be read",
    ),
    Switch(
        ("S-103",),
        _HEALTH,
        "lines += _seen(line.check) if line.check and not line.recovered_since_check else []",
        "pass",
        "a check does not show what it saw",
    ),
    Switch(
        ("S-04",),
        "workers/services/session_status.py",
        "if not _is_owned(session):",
        "if True:",
        "nobody is asked for a check",
    ),
    Switch(
        ("S-49",),
        _WORKERS,
        "    status = await call.do(worker_status, page)\n",
        "    return\n",
        "/workerstatus does nothing",
    ),
    Switch(
        ("S-49", "S-50"),
        "workers/services/status.py",
        "groups.get(session.pk, ())",
        "()",
        "the groups of a session are not counted",
    ),
    Switch(
        ("S-50", "S-97", "S-111"),
        _WORKERS,
        '", ".join(_group(group) for group in worker.groups) or "none"',
        '"none"',
        "/workerstatus does not show the groups",
    ),
    Switch(
        ("S-99", "S-113"),
        _WORKERS,
        "if worker.memory is not None:",
        "if False:",
        "/workerstatus does not show what memory a worker takes",
    ),
    Switch(
        ("S-99", "S-113"),
        "workers/node/gauge.py",
        "return [figures for figures in read if figures is not None]",
        "return []",
        "nobody measures what a worker takes",
    ),
)
