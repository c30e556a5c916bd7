"""The generated files say what the settings are now."""

from __future__ import annotations

import pytest

from project.core.config import declarations
from project.core.dotenv import parse_dotenv
from project.env import load
from project.reference import ENV_EXAMPLE, generated


@pytest.mark.parametrize("path", generated(), ids=lambda path: path.name)
def test_generated_files_are_current(path: object) -> None:
    assert path.read_text() == generated()[path], "run: python manage.py reference"  # type: ignore[attr-defined, index]


def test_the_example_names_every_setting_and_no_value() -> None:
    values = parse_dotenv(ENV_EXAMPLE.read_text())
    assert list(values) == [name.upper() for name in declarations()]
    assert not any(values.values())


def test_every_declaration_explains_itself() -> None:
    for name, about in declarations().items():
        assert about.meaning.endswith("."), name
        assert about.unit or about.low is None or about.default_text, f"{name} needs a unit"


def test_the_example_as_it_is_starts_the_embedded_servers(tmp_path: object) -> None:
    config = load(parse_dotenv(ENV_EXAMPLE.read_text()) | {"VAR_DIR": str(tmp_path)})
    assert config.embedded_database
    assert config.embedded_redis
