"""Tables of the pairs room."""

from pairs.domain.status import PairStatus
from pairs.models.access import Access, SourceAccess
from pairs.models.delivery import Act, Delivery, HopState
from pairs.models.event import Event, Inbox
from pairs.models.pair import Assignment, Pair

__all__ = [
    "Access",
    "Act",
    "Assignment",
    "Delivery",
    "Event",
    "HopState",
    "Inbox",
    "Pair",
    "PairStatus",
    "SourceAccess",
]
