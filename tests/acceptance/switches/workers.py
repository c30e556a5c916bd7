"""Worker groups, the check of the workers, and the limits."""

from __future__ import annotations

from tests.acceptance.switches.switch import Switch

_PLAN = "workers/domain/groups.py"
_GROUPS = "workers/services/groups.py"
_SELECTORS = "workers/selectors.py"
_RESTART = "workers/services/restart.py"
_CONFIG = "project/core/config.py"

SWITCHES = (
    Switch(
        ("S-12",),
        "project/settings.py",
        'CELERY_BEAT_SCHEDULER = "workers.beat:LeaderScheduler"',
        'CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"',
        "every Beat ticks",
    ),
    Switch(
        ("S-12",),
        "workers/apps.py",
        'post_migrate.connect(importlib.import_module("workers.schedule").seed, sender=self)',
        "importlib.import_module(post_migrate.__module__)",
        "nobody makes the rows of the schedule",
    ),
    Switch(
        ("S-06", "S-61", "S-62", "S-65", "S-73"),
        _PLAN,
        "needed = -(-len(current) // limit)",
        "needed = 1",
        "a session has one group, however many pairs",
    ),
    Switch(
        ("S-08", "S-64"),
        _PLAN,
        "        _even_out(plan, sizes)\n",
        "        pass\n",
        "groups are not evened out",
    ),
    Switch(
        ("S-06", "S-08", "S-65"),
        "workers/control.py",
        "self._do(replan_changed)",
        "pass",
        "groups do not follow the pairs by themselves",
    ),
    Switch(
        ("S-66",),
        _PLAN,
        "count = needed if needed >= len(sizes) or spare >= threshold else len(sizes)",
        "count = max(needed, len(sizes))",
        "small groups are not merged",
    ),
    Switch(
        ("S-69",),
        _GROUPS,
        ".exclude(used).delete()",
        ".exclude(used)",
        "groups without pairs stay",
    ),
    Switch(
        ("S-67", "S-69"),
        "workers/services/checks.py",
        "gone, forgotten = _bury_nodes()",
        "gone, forgotten = 0, 0",
        "nodes that fell silent stay",
    ),
    Switch(
        ("S-67",),
        "workers/services/checks.py",
        "    _tell(troubles)\n",
        "",
        "nobody is told of workers in trouble",
    ),
    Switch(
        ("S-67", "S-74"),
        "workers/schedule.py",
        '_row("Check workers", CHECK_WORKERS, config.worker_health_interval)',
        "pass",
        "checks of workers are not scheduled",
    ),
    Switch(
        ("S-71", "S-74"),
        "workers/admin/schedule.py",
        'readonly_fields = ("name", "task", "last_run_at", "total_run_count")',
        'readonly_fields = ("name", "task", "enabled", "interval", "last_run_at", "total_run_count")',
        "schedules cannot be changed",
    ),
    Switch(
        ("S-07", "S-63"),
        _RESTART,
        "Placement.objects.filter(pk=place.pk).update(restart_token=uuid.uuid4())",
        "Placement.objects.update(restart_token=uuid.uuid4())",
        "a restart of one session's worker is one of all",
    ),
    Switch(
        ("S-112",),
        _RESTART,
        "WorkerGroup.objects.filter(pk=group.pk).update(restart_token=uuid.uuid4())",
        "pass",
        "a group is not restarted",
    ),
    Switch(
        ("S-68",),
        _SELECTORS,
        "pairs=_names(_unread_pairs()),",
        "pairs=(),",
        "the check does not look for pairs that nobody reads",
    ),
    Switch(
        ("S-68",),
        _SELECTORS,
        "pairs=_names(Pair.objects.filter(status=PairStatus.ACTIVE, assignment=None)),",
        "pairs=(),",
        "doctor does not look for pairs that nobody reads",
    ),
    Switch(
        ("S-75",),
        _GROUPS,
        "max(size) - min(size) > %(threshold)s",
        "false",
        "uneven groups are left as they are",
    ),
    Switch(
        ("S-70",),
        _CONFIG,
        "max_pairs_per_session: int = field(\n        default=30,",
        "max_pairs_per_session: int = field(\n        default=29,",
        "a session takes 29 pairs when nothing is said",
    ),
    Switch(
        ("S-73",),
        _CONFIG,
        "max_pairs_per_worker: int = field(\n        default=30,",
        "max_pairs_per_worker: int = field(\n        default=29,",
        "a group takes 29 pairs when nothing is said",
    ),
    Switch(
        ("S-75",),
        _CONFIG,
        "rebalance_threshold: int = field(\n        default=5,",
        "rebalance_threshold: int = field(\n        default=6,",
        "groups may differ by 6 pairs when nothing is said",
    ),
    Switch(
        ("S-71",),
        _CONFIG,
        "session_health_interval: int = field(\n        default=300,",
        "session_health_interval: int = field(\n        default=600,",
        "sessions are checked every 10 minutes when nothing is said",
    ),
    Switch(
        ("S-72",),
        _CONFIG,
        "session_timeout: int = field(\n        default=3600,",
        "session_timeout: int = field(\n        default=7200,",
        "a session expires after two hours when nothing is said",
    ),
    Switch(
        ("S-74",),
        _CONFIG,
        "worker_health_interval: int = field(\n        default=180,",
        "worker_health_interval: int = field(\n        default=600,",
        "workers are checked every 10 minutes when nothing is said",
    ),
)
