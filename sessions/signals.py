"""What the sessions room tells the rooms above, within the transaction of the change."""

from __future__ import annotations

from django.dispatch import Signal

lifecycle_changed = Signal()
"""A session was enabled, disabled or deleted: `session_id`, `before`, `after` (values of Lifecycle)."""
