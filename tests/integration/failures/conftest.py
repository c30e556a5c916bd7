"""Real nodes with stand-ins for the rooms below, as in the workers' tests."""

from tests.integration.workers.conftest import add_session, peer, start_node

__all__ = ["add_session", "peer", "start_node"]
