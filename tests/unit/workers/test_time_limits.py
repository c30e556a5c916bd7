"""Late acknowledgement: a message that is worked on longer than the visibility timeout goes to a second worker."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

from project.celery import app
from project.core import retention
from workers import tasks
from workers.worker.pool import TIME_LIMIT

VISIBLE = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]


def test_b37_no_task_may_last_as_long_as_its_message_stays_hidden() -> None:
    app.loader.import_default_modules()
    ours = [
        task for name, task in app.tasks.items() if name.startswith(("workers.", "pairs.", "sessions.", "project."))
    ]
    assert ours
    limits = {task.name: task.time_limit or app.conf.task_time_limit for task in ours}
    assert all(limit is not None and limit < VISIBLE for limit in limits.values()), limits
    assert TIME_LIMIT < VISIBLE, "tasks in a session's own process"


def test_b37_the_clean_up_ends_by_itself_before_it_would_be_stopped() -> None:
    statement = float(re.findall(r"statement_timeout = '(\d+)s'", retention._LIMITS)[0])
    assert tasks.REMOVE_LIMIT + statement < app.conf.task_time_limit


@pytest.mark.parametrize(("run", "lasted", "again"), [(1, 60.0, True), (1, 3.0, False), (5, 60.0, False)])
def test_b37_what_one_run_does_not_finish_the_next_one_does(
    run: int, lasted: float, again: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, asked = [0.0], list[object]()
    for name in ("journal_removals", "session_removals", "notice_removals", "audit_removals"):
        monkeypatch.setattr(tasks, name, lambda config: [])

    def removes(removals: object, *, seconds: float) -> dict[str, int]:
        now[0] += lasted
        return {}

    monkeypatch.setattr(tasks, "remove", removes)
    monkeypatch.setattr(tasks.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(tasks.remove_old_rows, "apply_async", lambda **call: asked.append(call["kwargs"]))
    tasks.remove_old_rows(run=run)
    assert asked == ([{"run": run + 1}] if again else [])
