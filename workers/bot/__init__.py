"""What the workers room adds to the admin bot."""

from __future__ import annotations

from project.botkit.parts import Room

ROOM = Room()
