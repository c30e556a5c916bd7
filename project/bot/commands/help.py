"""`/help`: what you may run, and how each command is used."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from project.botkit.catalogue import Catalogue
from project.botkit.parts import Button, Call, Command, Press, Reply, Room, bold, copyable, plain
from project.core.errors import NotFound
from project.core.operators import Role

Catalogued = Callable[[], Catalogue]

SECTION = "Basics"
ALL = Button("❓ What can I do?", "help")


def help_room(catalogue: Catalogued) -> Room:
    """The command, the button with the overview, and that with one command's page."""
    command = Command(
        name="help",
        arguments="[command]",
        summary="What you can do here, or how one command is used",
        role=Role.VIEWER,
        section=SECTION,
        run=partial(_help, catalogue),
        details="Shows only what your role allows.",
        examples=("/help", "/help registersession"),
    )
    return Room(commands=(command,), presses=(Press("help", Role.VIEWER, partial(_help, catalogue)),))


def overview(catalogue: Catalogue, role: Role) -> str:
    """Every command of this role, by section."""
    parts = [f"{bold('What you can do')} (role: {role})"]
    for section, commands in catalogue.sections(role):
        lines = [f"/{command.name} – {plain(command.summary)}" for command in commands]
        parts.append("\n".join([bold(section), *lines]))
    parts.append(f"More about one of them: {copyable('/help pairs')}, for example.")
    return "\n\n".join(parts)


def page(command: Command) -> str:
    """Usage, details and examples of one command."""
    parts = [f"{bold(f'/{command.name}')} – {plain(command.summary)}", f"Usage: {copyable(command.usage)}"]
    if command.details:
        parts.append(plain(command.details))
    if command.examples:
        parts.append("\n".join(["Examples:", *(copyable(example) for example in command.examples)]))
    return "\n\n".join(parts)


async def _help(catalogue: Catalogued, call: Call) -> None:
    role = call.operator.role
    if not call.words:
        await call.reply(Reply(overview(catalogue(), role)))
        return
    name = call.words[0].removeprefix("/").lower()
    command = catalogue().commands.get(name)
    if command is None or not role.allows(command.role):
        nearest = catalogue().nearest(name, role)
        raise NotFound(
            f"There is no command /{name} for you.",
            hint=f"Did you mean /{nearest.name}?" if nearest else "/help lists what you can run.",
        )
    await call.reply(Reply(page(command), ((ALL,),)))
