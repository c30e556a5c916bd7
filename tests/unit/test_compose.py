"""docker-compose.yml and the Dockerfile hold what an operator relies on (there is no Docker engine in the tests)."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from project.core.config import current, declarations
from project.core.secret import Secret
from project.run.services import services

ROOT = Path(__file__).resolve().parents[2]
APP = ("migrate", "web", "bot", "discord", "control", "beat", "node")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def words(name: str) -> list[str]:
    """The command line of a service, without the way to its interpreter."""
    return [*SERVICES[name].get("entrypoint", []), *shlex.split(SERVICES[name]["command"])]


def test_all_services_are_there() -> None:
    assert set(SERVICES) == {"postgres", "redis", *APP}


@pytest.mark.parametrize("name", [name for name in APP if name != "migrate"])
def test_services_start_after_migrations_and_with_healthy_servers(name: str) -> None:
    assert SERVICES[name]["depends_on"] == {
        "postgres": {"condition": "service_healthy"},
        "redis": {"condition": "service_healthy"},
        "migrate": {"condition": "service_completed_successfully"},
    }
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_migrations_run_once() -> None:
    assert words("migrate")[0] == "migrate"
    assert SERVICES["migrate"]["restart"] == "no"


@pytest.mark.parametrize("name", ["postgres", "redis", "web", "control"])
def test_health_is_checked(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] in ("CMD", "CMD-SHELL")
    assert {"interval", "timeout"} <= set(check)


def test_redis_keeps_what_it_is_given() -> None:
    command = words("redis")
    assert command[command.index("--appendonly") + 1] == "yes"
    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"


def test_data_outlive_their_containers() -> None:
    mounted = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())}
    assert set(COMPOSE["volumes"]) <= mounted
    assert any(volume.endswith(":/var/lib/postgresql") for volume in SERVICES["postgres"]["volumes"])
    assert any(volume.endswith(":/data") for volume in SERVICES["redis"]["volumes"])


@pytest.mark.parametrize("name", APP)
def test_settings_come_from_env_and_no_secret_is_written_down(name: str) -> None:
    environment = SERVICES[name]["environment"]
    assert SERVICES[name]["env_file"] == ".env"
    assert {setting.lower() for setting in environment} <= set(declarations())
    assert "${POSTGRES_PASSWORD:?" in environment["DATABASE_URL"]
    assert not {"MASTER_KEYS", "SECRET_KEY", "DISCORD_BOT_TOKEN"} & set(environment)


def test_only_migrations_connect_as_the_owner_of_the_tables() -> None:
    owner = SERVICES["postgres"]["environment"]["POSTGRES_USER"]
    users = {
        name: {
            setting: urlsplit(value).username for setting, value in service["environment"].items() if "_URL" in setting
        }
        for name, service in SERVICES.items()
        if name in APP
    }
    assert users["migrate"].pop("DATABASE_OWNER_URL") == owner
    for told in users.values():
        assert owner not in told.values()
        assert told["DATABASE_URL"] != told["DATABASE_ACCOUNTS_URL"]


def test_only_the_admin_site_is_reachable_and_only_from_this_host() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert ports == {"web": ["127.0.0.1:8000:8000"]}


def test_up_and_compose_start_the_same_programs() -> None:
    config = replace(current(), discord_bot_token=Secret("token"), admin_bot_token=Secret("1:token"))
    assert {service.name for service in services(config)} == set(APP) - {"migrate"}
    for service in services(config):
        told = words(service.name)
        program = told[1:] if told[0] == "gunicorn" else told
        significant = {word for word in program if not word.startswith("0.0.0.0")}
        assert significant <= set(service.argv), service.name


def test_the_image_runs_as_an_ordinary_user_from_pinned_requirements() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users
    assert users[-1] not in ("root", "0")
    assert any("--require-hashes -r requirements.txt" in line for line in lines)


def test_nothing_private_enters_the_image() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert rules[0] == "*"
    assert not {"!.env", "!var", "!secrets", "!.git"} & set(rules)
    copied = {
        line.split()[1]
        for line in (ROOT / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
    }
    assert {f"!{name}" for name in copied} <= set(rules)
    assert all((ROOT / name).exists() for name in copied)
