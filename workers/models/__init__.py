"""Tables of the workers room."""

from workers.models.group import GroupState, WorkerGroup
from workers.models.node import Node, NodeState, Placement, ProcessState

__all__ = ["GroupState", "Node", "NodeState", "Placement", "ProcessState", "WorkerGroup"]
