"""Operators as users of the admin site. What they may do is asked at every request, so a removed one is out at once."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User

from project.core.operators import OperatorView, Role
from project.core.whitelist import Admission, admitted

BACKEND = "project.console.backend.OperatorBackend"
_PREFIX = "telegram:"  # a colon: nobody can be made such a user by hand
_ROOMS = frozenset({"core", "tg_sessions", "pairs", "workers", "django_celery_beat"})
_OPERATORS = frozenset(
    {
        *("tg_sessions.change_telegramsession", "tg_sessions.change_senderbot", "pairs.change_pair"),
        *("pairs.change_delivery", "workers.change_workergroup", "workers.change_node", "core.change_operation"),
        "core.view_auditevent",
    }
)
_OWNERS = frozenset(
    {
        *("tg_sessions.delete_telegramsession", "core.change_operator", "core.delete_operator"),
        *("core.view_operator", "core.view_ownerclaim", "core.view_consolelink", "core.view_botdialogue"),
        *("django_celery_beat.change_periodictask", "django_celery_beat.change_intervalschedule"),
    }
)

Anybody = AbstractBaseUser | AnonymousUser


def user_of(operator: OperatorView) -> User:
    """The admin site's user for an operator: staff, without a password and without permissions of its own."""
    defaults = {"is_staff": True, "first_name": operator.name[:150], "password": "!"}
    user, _ = User.objects.update_or_create(username=f"{_PREFIX}{operator.user_id}", defaults=defaults)
    _bind(user, admitted(operator.user_id))
    return user


def _bind(user: AbstractBaseUser, admission: Admission | None) -> None:
    """Django ties each sign-in to a hash of the password, asked at every request. Nobody here has one: in its place,
    never stored, stands since when they are an operator, so that whoever was removed and added again signs in anew."""
    user.password = f"!{admission.since if admission is not None else None}"


class OperatorBackend(BaseBackend):
    """Signs nobody in by name and password; knows what a signed-in operator may do."""

    def get_user(self, user_id: int) -> Any:
        """The user, as long as they are an operator."""
        user = get_user_model().objects.filter(pk=user_id, is_active=True).first()
        if user is None or not user.get_username().startswith(_PREFIX):
            return None
        admission = admitted(int(user.get_username().removeprefix(_PREFIX)))
        if admission is None:
            return None
        user.operator = admission.view  # type: ignore[attr-defined]
        _bind(user, admission)
        return user

    def has_perm(self, user_obj: Anybody, perm: str, obj: Any = None) -> bool:
        """Viewers see; operators act; owners delete sessions, and decide on operators and schedules."""
        operator: OperatorView | None = getattr(user_obj, "operator", None)
        return operator is not None and _allows(operator.role, perm)

    def has_module_perms(self, user_obj: Anybody, app_label: str) -> bool:
        """Whether a room appears on the first page."""
        return getattr(user_obj, "operator", None) is not None and app_label in _ROOMS


def _allows(role: Role, perm: str) -> bool:
    """As the bot's commands ask: /audit needs an operator, /operators and /deletesession an owner."""
    if perm in _OWNERS:
        return role.allows(Role.OWNER)
    if perm in _OPERATORS:
        return role.allows(Role.OPERATOR)
    room, _, act = perm.partition(".")
    return room in _ROOMS and act.startswith("view_")
