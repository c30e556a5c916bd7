"""Every feature of the specification, and how it is switched off: `python -m tests.acceptance.switched_off`."""

from __future__ import annotations

from tests.acceptance.switches import health, moving, overview, python, registering, security, status, workers
from tests.acceptance.switches.switch import Switch

SWITCHES: tuple[Switch, ...] = (
    *registering.SWITCHES,
    *status.SWITCHES,
    *moving.SWITCHES,
    *health.SWITCHES,
    *workers.SWITCHES,
    *security.SWITCHES,
    *python.SWITCHES,
    *overview.SWITCHES,
)
