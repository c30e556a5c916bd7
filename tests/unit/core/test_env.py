"""Settings: what is accepted, and the one sentence for what is not."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project.core.config import declarations
from project.core.crypto import new_key
from project.core.errors import SettingError
from project.core.keyfile import new_secret_key
from project.env import environment, load

GOOD = {
    "DATABASE_URL": "postgresql://relay:hunter2@db:5432/relay",
    "MASTER_KEYS": new_key(),
    "SECRET_KEY": new_secret_key(),
}


@pytest.mark.sentence("S-70", "S-71", "S-72", "S-73", "S-74", "S-75")
def test_defaults_are_those_of_the_design() -> None:
    config = load(GOOD)
    assert (config.lease_ttl, config.lease_renew, config.lease_fence, config.handover_wait) == (15, 4, 12, 30)
    assert (config.max_pairs_per_session, config.max_pairs_per_worker, config.rebalance_threshold) == (30, 30, 5)
    assert (config.session_health_interval, config.session_timeout, config.worker_health_interval) == (300, 3600, 180)
    assert (config.payload_days, config.link_days, config.check_days, config.audit_days) == (7, 30, 30, 365)
    assert config.discord_bot_token is None
    assert config.database_direct_url == GOOD["DATABASE_URL"]
    assert config.node_name
    assert not config.embedded_database
    assert config.embedded_redis


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("DATABASE_URL", "mysql://a@b/c"),
        ("DATABASE_URL", "postgresql://host-only"),
        ("DATABASE_URL", "postgresql://a:hunter2@[::/x"),
        ("REDIS_URL", "http://localhost"),
        ("REDIS_URL", "redis://localhost:99999/0"),
        ("REDIS_URL", "unix://"),
        ("MASTER_KEYS", ""),
        ("MASTER_KEYS", "c2hvcnQ="),
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 60),
        ("SECRET_KEY", "django-insecure-0123456789abcdefghijklmnopqrstuvwxyz0123456789"),
        ("DEBUG", "on"),
        ("DEBUG", "perhaps"),
        ("PUBLIC_URL", "localhost:8000"),
        ("PUBLIC_URL", "https://user@example.org"),
        ("ADMIN_USER_IDS", "1,x"),
        ("ADMIN_USER_IDS", "-5"),
        ("ADMIN_USER_IDS", "١٢"),
        ("ADMIN_BOT_TOKEN", "not-a-token"),
        ("DISCORD_BOT_TOKEN", "Bot abc"),
        ("TELEGRAM_API_ID", "12345"),
        ("TELEGRAM_API_HASH", "0123456789abcdef0123456789abcdef"),
        ("TELEGRAM_DC", "10.1.2.3:443"),
        ("TELEGRAM_DC", "2:127.0.0.1:443"),
        ("DISCORD_GATEWAY_URL", "https://gateway"),
        ("EGRESS_ADDRESS", "example.org"),
        ("LEASE_TTL", "fifteen"),
        ("LEASE_TTL", "nan"),
        ("LEASE_FENCE", "15"),
        ("LEASE_FENCE", "7"),
        ("MAX_PAIRS_PER_WORKER", "31"),
        ("MAX_PAIRS_PER_WORKER", "0"),
        ("LOG_LEVEL", "LOUD"),
        ("LOG_FORMAT", "xml"),
        ("SECRET_KEY_FILE", "/does/not/exist"),
    ],
)
def test_a_wrong_setting_is_named_and_never_shown(name: str, text: str) -> None:
    environ = {**GOOD, name: text}
    if name == "SECRET_KEY_FILE":
        del environ["SECRET_KEY"]
    with pytest.raises(SettingError) as refused:
        load(environ)
    sentence = refused.value.for_people()
    assert name in sentence
    assert "hunter2" not in sentence
    assert len(text) < 8 or name.endswith("_FILE") or text not in sentence


@given(name=st.sampled_from([name.upper() for name in declarations()]), text=st.text(max_size=60))
def test_any_text_gives_settings_or_a_setting_error(name: str, text: str) -> None:
    try:
        load({**GOOD, name: text})
    except SettingError as refused:
        sentence = refused.for_people()
    else:
        sentence = ""
    assert "\n" not in sentence


def test_a_value_may_stand_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(f"{GOOD['SECRET_KEY']}\n")
    environ = {**GOOD, "SECRET_KEY_FILE": str(path), "SECRET_KEY": ""}
    assert load(environ).secret_key.reveal() == GOOD["SECRET_KEY"]
    with pytest.raises(SettingError, match="together with SECRET_KEY_FILE"):
        load({**environ, "SECRET_KEY": GOOD["SECRET_KEY"]})


def test_empty_counts_as_not_set() -> None:
    assert load({**GOOD, "LEASE_TTL": " ", "TELEGRAM_DC": ""}).lease_ttl == 15


def test_without_a_database_url_keys_are_made_once_and_it_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = load({"VAR_DIR": str(tmp_path)})
    path = tmp_path / "keys"
    assert str(path) in capsys.readouterr().err
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert first.embedded_database
    assert first.database_url.startswith("postgresql://")
    second = load({"VAR_DIR": str(tmp_path)})
    assert second.master_keys == first.master_keys
    assert capsys.readouterr().err == ""
    assert [item.name for item in tmp_path.iterdir()] == ["keys"]


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    load({"VAR_DIR": str(tmp_path)})
    (tmp_path / "keys").chmod(0o644)
    with pytest.raises(SettingError, match="read by others"):
        load({"VAR_DIR": str(tmp_path)})


def test_a_setting_shows_no_secret(tmp_path: Path) -> None:
    token = "123456789:AAE-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    shown = repr(load({**GOOD, "ADMIN_BOT_TOKEN": token, "REDIS_URL": "redis://:hunter2@localhost/0"}))
    assert not [secret for secret in (token, "hunter2", *GOOD.values()) if secret in shown]


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "settings"
    path.write_text("# comment\n\nNODE_NAME='from file'\nexport LEASE_TTL=20\nLOG_LEVEL=DEBUG\n")
    merged = environment({"ENV_FILE": str(path), "LOG_LEVEL": "ERROR"})
    assert (merged["NODE_NAME"], merged["LEASE_TTL"], merged["LOG_LEVEL"]) == ("from file", "20", "ERROR")
    assert environment({"ENV_FILE": ""}) == {"ENV_FILE": ""}


@pytest.mark.parametrize("named", ["missing", "."])
def test_a_settings_file_that_was_named_has_to_be_there(tmp_path: Path, named: str) -> None:
    with pytest.raises(SettingError, match="ENV_FILE"):
        environment({"ENV_FILE": str(tmp_path / named)})


@pytest.mark.parametrize("name", ["file/var", "v" * 300])
def test_a_place_that_takes_no_key_file_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingError, match="VAR_DIR"):
        load({"VAR_DIR": str(tmp_path / name)})
