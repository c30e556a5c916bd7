"""Room for processes of accounts: what limits leave, and what they have to be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.domain.room import MEMORY, MIB, Connections, connections_for, room_in_memory
from workers.services.room import Room


@pytest.mark.parametrize(
    ("most", "reserved", "of_role", "services", "processes"),
    [
        (500, 3, -1, 60, 218),
        (500, 3, 100, 60, 50),
        (500, 3, 9000, 60, 218),
        (500, 3, 0, 60, 0),
        (40, 3, -1, 60, 0),
        (65, 3, -1, 60, 1),
    ],
)
def test_the_services_keep_theirs(most: int, reserved: int, of_role: int, services: int, processes: int) -> None:
    assert Connections(most, reserved, of_role, services).processes == processes


@given(st.integers(0, 5000), st.integers(0, 20), st.integers(0, 200))
def test_the_needed_limit_is_just_enough(processes: int, reserved: int, services: int) -> None:
    needed = Connections(0, reserved, -1, services).needed(processes)
    assert Connections(needed, reserved, -1, services).processes == processes


@pytest.mark.parametrize(
    ("free", "reserve", "accounts"),
    [(0, 256, 0), (256, 256, 0), (296, 256, 1), (335, 256, 1), (24_000, 256, 593)],
)
def test_memory_is_room_for_accounts(free: int, reserve: int, accounts: int) -> None:
    assert room_in_memory(free=free * MIB, reserve=reserve * MIB) == accounts


@pytest.mark.parametrize(("accounts", "connections"), [(0, 160), (40, 160), (250, 560), (10_000, 2060)])
def test_a_server_allows_what_its_machine_can_hold(accounts: int, connections: int) -> None:
    assert connections_for(accounts * MEMORY, services=60, fewest=160, most=2060) == connections


def room(most: int, of_role: int = -1) -> Room:
    return Room("relay_accounts", Connections(most, 3, of_role, 60), pooled=False)


def test_what_to_raise_is_named_with_its_figure() -> None:
    assert room(500).shortage(218, 0) == ""
    assert "Raise max_connections from 500 to 570 (POSTGRES_MAX_CONNECTIONS=570" in room(500).shortage(218, 32)
    assert "ALTER ROLE relay_accounts CONNECTION LIMIT 30" in room(500, of_role=20).shortage(10, 5)
    assert Room("r", Connections(100, 3, -1, 60), pooled=True).shortage(500, 500) == ""
