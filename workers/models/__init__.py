"""Tables of the workers room."""

from workers.models.group import GroupState, WorkerGroup
from workers.models.node import Node, NodeState, Placement, ProcessState
from workers.models.pulse import Pulse

__all__ = ["GroupState", "Node", "NodeState", "Placement", "ProcessState", "Pulse", "WorkerGroup"]
