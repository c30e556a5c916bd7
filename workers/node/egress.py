"""The address that this host's Telegram connections come from, as leases remember it."""

from __future__ import annotations

from project.core.config import Config


def egress_name(config: Config) -> str:
    """EGRESS_NAME, which hosts behind one public address share: a key that goes from one to the other does not change
    its address. Else EGRESS_ADDRESS, else the node's name, which stands for the host's own choice of address."""
    return (config.egress_name or config.egress_address or f"host {config.node_name}")[:64]
