"""Texts made from the declarations of the settings: `.env.example`, a filled `.env`, and the reference page."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import MISSING, fields
from itertools import groupby
from pathlib import Path

from project.core.config import About, Config, declarations
from project.env import BASE_DIR

ENV_EXAMPLE = BASE_DIR / ".env.example"
SETTINGS_PAGE = BASE_DIR / "docs" / "reference" / "settings.md"
_WIDTH = 100

_ENV_HEAD = """\
# Settings of this installation: one NAME=value per line; an empty value means the default.
# NAME_FILE=/path reads a value from a file. `python manage.py init` writes this file with fresh keys.
"""
_PAGE_HEAD = """\
# Settings

Every setting comes from the environment, or from the file `.env` in the checkout (`ENV_FILE` names another file; the
environment wins). `NAME` holds the value; `NAME_FILE` holds the path of a file with the value, for secrets that a
container platform mounts. An empty value counts as not set. A missing or wrong setting stops the program at once, with
a sentence that names it.

`python manage.py init` writes a complete `.env` with fresh keys. This page is generated: `python manage.py reference`.
"""


def env_text(values: Mapping[str, str]) -> str:
    """A complete `.env`; settings that `values` does not name stay empty."""
    parts = [_ENV_HEAD]
    for section, group in groupby(declarations().items(), key=lambda item: item[1].section):
        parts.append(f"\n# ---- {section} ----\n")
        parts += [_env_entry(name, about, values.get(name.upper(), "")) for name, about in group]
    return "".join(parts)


def settings_page() -> str:
    """The reference page, in Markdown."""
    parts = [_PAGE_HEAD]
    for section, group in groupby(declarations().items(), key=lambda item: item[1].section):
        parts.append(f"\n## {section}\n\n| setting | meaning | value | default |\n|---|---|---|---|\n")
        parts += [
            f"| `{name.upper()}` | {about.meaning} | {_form(about)} | {_default(name, about)} |\n"
            for name, about in group
        ]
    return "".join(parts)


def generated() -> dict[Path, str]:
    """Every generated file of the repository with the text it should have."""
    return {ENV_EXAMPLE: env_text({}), SETTINGS_PAGE: settings_page()}


def _env_entry(name: str, about: About, value: str) -> str:
    meaning = f"{about.meaning} ({_form(about)}; default: {_default(name, about)})"
    comment = textwrap.fill(meaning, _WIDTH, initial_indent="# ", subsequent_indent="# ")
    return f"{comment}\n{name.upper()}={value}\n"


def _form(about: About) -> str:
    limits = "" if about.low is None or about.high is None else f"{about.low:.10g} to {about.high:.10g}"
    return ", ".join(part for part in (about.kind.value, " ".join(filter(None, (limits, about.unit)))) if part)


def _default(name: str, about: About) -> str:
    if about.default_text:
        return about.default_text
    value = next(item.default for item in fields(Config) if item.name == name)
    assert value is not MISSING, f"{name} needs a default or a default_text"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)
