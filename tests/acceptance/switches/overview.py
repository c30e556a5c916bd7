"""What the whole is for, and how it is brought back."""

from __future__ import annotations

from tests.acceptance.switches.switch import Switch

SWITCHES = (
    Switch(
        ("S-01", "S-117"),
        "pairs/forward/telegram_hop.py",
        "return None if message is None else self._planner.posts(event, _rendered(pair, message, (), None))",
        'return Plan(reason="switched off")',
        "new messages go no further than Discord",
    ),
    Switch(
        ("S-02",),
        "workers/domain/claims.py",
        "min(claimable, share - mine)",
        "min(claimable, 1 - mine)",
        "a node runs one session and no more",
    ),
    Switch(
        ("S-98",),
        "project/run/runner.py",
        "if now >= self._next_start:",
        "if now >= self._next_start and not self._starts:",
        "a process that died is not started again",
    ),
    Switch(
        ("S-100", "S-101"),
        "project/doors/doctor/telegram.py",
        'return failed("Telegram", f"{host}:{port} cannot be reached {what}({reason}).", todo)',
        'return ok("Telegram", f"{host}:{port}")',
        "doctor does not notice that Telegram cannot be reached",
    ),
    Switch(
        ("S-100",),
        "project/doors/doctor/discord.py",
        'yield failed("Discord bot", error.message, error.hint)',
        'yield ok("Discord bot", "")',
        "doctor does not notice that Discord cannot be reached",
    ),
)
