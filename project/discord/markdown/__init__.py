"""Discord's markdown dialect <-> the neutral tree. Pure: no network, no discord.py."""

from project.discord.markdown.form import discord_form, form_spans
from project.discord.markdown.parser import NO_NAMES, Names, parse
from project.discord.markdown.writer import as_it_is, emit, emit_spans, write

__all__ = ["NO_NAMES", "Names", "as_it_is", "discord_form", "emit", "emit_spans", "form_spans", "parse", "write"]
