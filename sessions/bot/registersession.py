"""/registersession: a new user account, not logged in yet."""

from __future__ import annotations

from project.botkit.parts import Button, Call, Command, Reply, Room, Step, bold, plain
from project.core.errors import ManyProblems
from project.core.operators import Role
from project.core.words import counted
from sessions.bot.texts import OPEN
from sessions.domain.registration import DEFAULT_PRIORITY, Draft, parse_registration
from sessions.models import Lifecycle, TelegramSession
from sessions.services.finding import SessionView
from sessions.services.registering import free_name, register_session, taken

ROLE = Role.OPERATOR
_NAME = "registersession"


async def _run(call: Call) -> None:
    draft = parse_registration(call.words)
    problems = (*draft.problems, *await call.do(taken, draft.name, draft.phone))
    if problems:
        raise ManyProblems(problems, correction=await call.do(_correction, draft))
    added = await call.do(
        register_session,
        actor=call.actor,
        name=draft.name,
        phone=draft.phone,
        priority=draft.priority or DEFAULT_PRIORITY,
        max_pairs=draft.max_pairs,
    )
    await call.reply(registered(added))


def _correction(draft: Draft) -> str:
    name, *rest = draft.fixed
    return " ".join([f"/{_NAME}", free_name(name), *rest])


def registered(added: SessionView) -> Reply:
    """What was registered, and the next step."""
    lines = [
        f"✅ {bold(added.name)} ({plain(added.phone)}) is registered: priority {added.priority}, "
        f"up to {counted(added.max_pairs, 'pair')}.",
        *(f"⚠️ {plain(warning)}" for warning in added.warnings),
        "Nothing was sent to Telegram yet. Next: log it in.",
    ]
    return Reply("\n".join(lines), ((Button("🔑 Log in", OPEN, (str(added.id),)),),))


def first_session() -> Step:
    """Is an account logged in that can read sources?"""
    living = TelegramSession.living()
    ready = living.filter(lifecycle=Lifecycle.ACTIVE).exists()
    waits = None if ready else living.order_by("pk").first()
    return Step(
        order=30,
        title="First session",
        done=ready,
        todo=f"/authenticate {waits.name}" if waits else f"/{_NAME} user1_main +1234567890",
        button=Button(f"🔑 Log in {waits.name}", OPEN, (str(waits.pk),)) if waits else None,
    )


PART = Room(
    commands=(
        Command(
            name=_NAME,
            arguments="<session_name> <phone_number> [priority] [max_pairs]",
            summary="Register a Telegram user account",
            role=ROLE,
            section="Sessions",
            run=_run,
            details=(
                "The name has letters, digits and underscores; the phone number begins with +. Priority 1 to 10, "
                "higher is preferred (1 without it); 1 to 50 pairs (MAX_PAIRS_PER_SESSION without it)."
            ),
            examples=("/registersession user1_main +1234567890 3 25",),
            secret=True,
        ),
    ),
    checklist=(first_session,),
)
