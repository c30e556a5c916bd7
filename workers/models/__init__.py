"""Tables of the workers room."""

from workers.models.group import WorkerGroup
from workers.models.node import Node, NodeState, Placement

__all__ = ["Node", "NodeState", "Placement", "WorkerGroup"]
