"""Verbs made from methods: the signature is the schema of the JSON arguments."""

from __future__ import annotations

import collections.abc
import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from project.core.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb. `arguments` is the struct that a request's JSON has to fit."""

    name: str
    act: Callable[..., object]
    arguments: type[msgspec.Struct]

    def run(self, body: bytes) -> object:
        """Calls the method with the JSON arguments; raises InvalidInput when they do not fit.

        Numbers may come as text, since ids are larger than what a browser's numbers hold; bytes come as base64.
        """
        try:
            given = msgspec.json.decode(body or b"{}", type=self.arguments, strict=False)
        except (msgspec.DecodeError, msgspec.ValidationError) as problem:
            raise InvalidInput(f"{self.name}: {problem}.", hint=f"Arguments: {self.usage()}.") from problem
        return self.act(**{name: getattr(given, name) for name in self.arguments.__struct_fields__})

    def usage(self) -> str:
        """The arguments in one line, optional ones in brackets."""
        fields = msgspec.structs.fields(self.arguments)
        return ", ".join(field.name if field.required else f"[{field.name}]" for field in fields) or "none"


def verb(name: str, act: Callable[..., object]) -> Verb:
    """The verb that calls `act`, whose parameters must all be annotated."""
    hints = typing.get_type_hints(act)
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for parameter in inspect.signature(act).parameters.values():
        kind = _decodable(hints[parameter.name])
        missing = parameter.default is inspect.Parameter.empty
        fields.append((parameter.name, kind) if missing else (parameter.name, kind, parameter.default))
    return Verb(name, act, msgspec.defstruct(name, fields, kw_only=True, forbid_unknown_fields=True))


def _decodable(hint: Any) -> Any:
    """JSON has no iterators: an Iterable comes as a list."""
    if typing.get_origin(hint) is collections.abc.Iterable:
        return list[typing.get_args(hint)[0]]  # type: ignore[misc]
    return hint


def verbs_of(acts: Mapping[str, Callable[..., object]]) -> dict[str, Verb]:
    """The table of verbs."""
    return {name: verb(name, act) for name, act in acts.items()}
