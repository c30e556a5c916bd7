"""Admin pages of pairs, one module per table. Nothing sealed is ever shown."""

from __future__ import annotations

from pairs.admin.assignment import AssignmentAdmin
from pairs.admin.delivery import DeliveryAdmin
from pairs.admin.event import EventAdmin
from pairs.admin.inbox import InboxAdmin
from pairs.admin.operation import OperationAdmin
from pairs.admin.pair import PairAdmin
from pairs.admin.source_access import SourceAccessAdmin

__all__ = [
    "AssignmentAdmin",
    "DeliveryAdmin",
    "EventAdmin",
    "InboxAdmin",
    "OperationAdmin",
    "PairAdmin",
    "SourceAccessAdmin",
]
