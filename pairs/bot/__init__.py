"""What the pairs room adds to the admin bot: one module per command, each with its own part of the room."""

from __future__ import annotations

from project.botkit.joining import join

ROOM = join()  # modules: import them and add their PART here
