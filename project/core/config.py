"""Every setting of an installation: its name (the field in capitals), meaning, unit, limits and default.

`project/env.py` reads them from the environment, `docs/reference/settings.md` is generated from them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from django.conf import settings

from project.core.crypto import Keyring
from project.core.secret import Secret

_ABOUT = "about"


class Kind(StrEnum):
    """How the text of a setting is read."""

    TEXT = "text"
    INTEGER = "whole number"
    NUMBER = "number"
    SWITCH = "on or off"
    IDS = "numeric ids, separated by commas"
    SECRET = "secret text"  # noqa: S105
    KEYS = "keys (32 random bytes in base64), separated by commas"
    DATABASE = "PostgreSQL URL"
    REDIS = "Redis URL"
    WEB_URL = "http(s) URL"
    PUBLIC_URL = "http(s) URL, perhaps with a path"
    SOCKET_URL = "ws(s) URL"
    IP_ADDRESS = "IP address"
    DATACENTER = "id:host:port"
    FOLDER = "folder"
    LOG_FORMAT = "json or console"


@dataclass(frozen=True, slots=True)
class About:
    """What a person has to know about a setting. `default_text` stands for a default that is worked out."""

    section: str
    meaning: str
    kind: Kind
    unit: str = ""
    low: float | None = None
    high: float | None = None
    default_text: str = ""


def _about(section: str, meaning: str, kind: Kind, **more: Any) -> dict[str, About]:
    return {_ABOUT: About(section, meaning, kind, **more)}


def _seconds(section: str, meaning: str, low: float, high: float) -> dict[str, About]:
    return _about(section, meaning, Kind.NUMBER, unit="seconds", low=low, high=high)


def _whole_seconds(section: str, meaning: str, low: int, high: int) -> dict[str, About]:
    return _about(section, meaning, Kind.INTEGER, unit="seconds", low=low, high=high)


def _days(meaning: str) -> dict[str, About]:
    return _about("Retention", meaning, Kind.INTEGER, unit="days", low=1, high=3650)


_SERVERS, _KEYS, _WEB, _ADMIN = "Servers", "Keys", "Web", "Operators"
_TELEGRAM, _DISCORD, _NODE, _LEASES = "Telegram", "Discord", "Node", "Leases"
_PAIRS, _LOGS = "Sessions, pairs and workers", "Logs"


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings in force, validated. Build it with `project.env.load`; read it with `current()`."""

    database_url: str = field(
        default="",
        repr=False,
        metadata=_about(
            _SERVERS,
            "The PostgreSQL database, as the role that the services connect as. `postgresql:///name?host=/folder` "
            "means a Unix socket. When it is set, MASTER_KEYS and SECRET_KEY are required.",
            Kind.DATABASE,
            default_text="an embedded PostgreSQL in VAR_DIR",
        ),
    )
    database_direct_url: str = field(
        default="",
        repr=False,
        metadata=_about(
            _SERVERS,
            "The same database past a pooler (PgBouncer), for LISTEN and for locks held by a connection.",
            Kind.DATABASE,
            default_text="DATABASE_URL",
        ),
    )
    database_owner_url: str = field(
        default="",
        repr=False,
        metadata=_about(
            _SERVERS,
            "The same database as the role that owns the tables: `python manage.py migrate` uses it, and makes the "
            "other roles when it may. Nothing else needs it.",
            Kind.DATABASE,
            default_text="DATABASE_URL",
        ),
    )
    database_accounts_url: str = field(
        default="",
        repr=False,
        metadata=_about(
            _SERVERS,
            "The same database as the role of the processes of accounts (two connections each). With a role of its own "
            "they can never take the connections of the services.",
            Kind.DATABASE,
            default_text="DATABASE_URL",
        ),
    )
    postgres_max_connections: int = field(
        default=0,
        metadata=_about(
            _SERVERS,
            "max_connections of the embedded PostgreSQL, and of the one of docker-compose.yml (500 there). Needed are "
            "two for each account and SERVICE_CONNECTIONS. 0: as many as the machine has memory for.",
            Kind.INTEGER,
            unit="connections",
            low=0,
            high=100_000,
        ),
    )
    service_connections: int = field(
        default=60,
        metadata=_about(
            _SERVERS,
            "Of PostgreSQL's max_connections, how many stay free for everything but the processes of accounts.",
            Kind.INTEGER,
            unit="connections",
            low=10,
            high=100_000,
        ),
    )
    redis_url: str = field(
        default="",
        repr=False,
        metadata=_about(
            _SERVERS,
            "Redis or Valkey, 6.2 or later, for Celery's commands. `unix:///path/redis.sock?db=0` means a Unix socket.",
            Kind.REDIS,
            default_text="an embedded server in VAR_DIR",
        ),
    )
    var_dir: Path = field(
        default=Path("var"),
        metadata=_about(
            _SERVERS,
            "Data of the embedded servers, their logs, the key file and the proof that this host belongs to its "
            "database. It has to outlast restarts.",
            Kind.FOLDER,
        ),
    )
    master_keys: Keyring = field(
        repr=False,
        metadata=_about(
            _KEYS,
            "Encrypt every secret in the database. The first encrypts, all decrypt. "
            "Lost keys cannot be replaced: keep a copy apart from the database.",
            Kind.KEYS,
            default_text="made at the first start in VAR_DIR/keys",
        ),
    )
    secret_key: Secret = field(
        metadata=_about(
            _KEYS,
            "Signs cookies of the admin site; at least 50 random characters.",
            Kind.SECRET,
            default_text="made at the first start in VAR_DIR/keys",
        ),
    )
    debug: bool = field(
        default=False,
        metadata=_about(
            _WEB,
            "Error pages with source code. Refused together with DATABASE_URL or a public PUBLIC_URL.",
            Kind.SWITCH,
        ),
    )
    public_url: str = field(
        default="http://localhost:8000",
        metadata=_about(
            _WEB,
            "Where people reach the admin site. Sets the accepted host name, and secure cookies with https. With a "
            "path (`https://ops.example.org/relay`) the proxy in front has to cut that off: it passes `/relay/admin/` "
            "on as `/admin/`.",
            Kind.PUBLIC_URL,
        ),
    )
    admin_user_ids: tuple[int, ...] = field(
        default=(),
        metadata=_about(_ADMIN, "Telegram user ids that may command the admin bot.", Kind.IDS, default_text="nobody"),
    )
    owner_claim_hash: str = field(
        default="",
        metadata=_about(
            _ADMIN,
            "SHA-256 of the token in the link that `python manage.py init` printed: "
            "it makes one person the owner while nobody is.",
            Kind.TEXT,
            default_text="none",
        ),
    )
    admin_bot_token: Secret | None = field(
        default=None,
        metadata=_about(_ADMIN, "The admin bot's token from @BotFather.", Kind.SECRET, default_text="no admin bot"),
    )
    bot_api_url: str = field(
        default="https://api.telegram.org",
        metadata=_about(_ADMIN, "The Bot API that the admin bot uses.", Kind.WEB_URL),
    )
    telegram_api_id: int = field(
        default=0,
        metadata=_about(
            _TELEGRAM,
            "The application's id from https://my.telegram.org. Needed for any session or sender.",
            Kind.INTEGER,
            low=0,
            high=2**31 - 1,
            default_text="none",
        ),
    )
    telegram_api_hash: Secret = field(
        default=Secret(""),
        metadata=_about(_TELEGRAM, "The application's hash, 32 hex digits.", Kind.SECRET, default_text="none"),
    )
    telegram_dc: str = field(
        default="",
        metadata=_about(
            _TELEGRAM,
            "Another Telegram datacenter to start from (sandbox, test DC), as `2:127.0.0.1:443`.",
            Kind.DATACENTER,
            default_text="the real network",
        ),
    )
    telegram_dc_key_file: str = field(
        default="",
        metadata=_about(
            _TELEGRAM,
            "That datacenter's RSA public key, a PEM file.",
            Kind.TEXT,
            default_text="Telegram's own keys",
        ),
    )
    discord_bot_token: Secret | None = field(
        default=None,
        metadata=_about(
            _DISCORD,
            "The Discord bot's token. Needed to hear people on Discord and for pairs without a webhook.",
            Kind.SECRET,
            default_text="no Discord bot",
        ),
    )
    discord_api_url: str = field(
        default="https://discord.com/api/v10",
        metadata=_about(_DISCORD, "Discord's REST API. Webhook URLs are accepted for its host.", Kind.WEB_URL),
    )
    discord_gateway_url: str = field(
        default="",
        metadata=_about(
            _DISCORD, "Discord's gateway.", Kind.SOCKET_URL, default_text="the one that Discord's API names"
        ),
    )
    discord_rate: int = field(
        default=50,
        metadata=_about(
            _DISCORD,
            "Requests that Discord takes in a second from one bot token, and from one address without a token. "
            "Sessions that share a token or an address divide it. 0: not known, wait only when Discord says so.",
            Kind.INTEGER,
            unit="requests",
            low=0,
            high=5000,
        ),
    )
    discord_invalid_limit: int = field(
        default=2000,
        metadata=_about(
            _DISCORD,
            "Refusals by Discord (401, 403, 429) within ten minutes, all processes of an address together, at which "
            "nothing is sent to Discord until the ten minutes are over. At 10,000 Discord bans the address.",
            Kind.INTEGER,
            unit="answers",
            low=10,
            high=9000,
        ),
    )
    discord_egress: str = field(
        default="",
        metadata=_about(
            _DISCORD,
            "A name for the address that requests to Discord leave from. Hosts behind one address share it.",
            Kind.TEXT,
            default_text="EGRESS_ADDRESS, else the host's name",
        ),
    )
    node_name: str = field(
        default="",
        metadata=_about(
            _NODE, "The name of this host among the nodes, unique.", Kind.TEXT, default_text="the host's name"
        ),
    )
    egress_address: str = field(
        default="",
        metadata=_about(
            _NODE,
            "The local IP address that Telegram connections leave from.",
            Kind.IP_ADDRESS,
            default_text="the system's choice",
        ),
    )
    egress_name: str = field(
        default="",
        metadata=_about(
            _NODE,
            "A name for the public address that this host's connections leave from. Nodes of one name share accounts "
            "out among themselves, and hand them over without the wait for another address. Only for hosts that "
            "really leave from one address.",
            Kind.TEXT,
            default_text="none: accounts move by `python manage.py node balance` only",
        ),
    )
    node_load_limit: float = field(
        default=90.0,
        metadata=_about(
            _NODE,
            "A host that uses more of its memory or of its processors for NODE_LOAD_TIME gives an account away.",
            Kind.NUMBER,
            unit="percent",
            low=1,
            high=100,
        ),
    )
    node_load_time: float = field(
        default=600.0, metadata=_seconds(_NODE, "How long a host is over NODE_LOAD_LIMIT before that.", 0, 86_400)
    )
    balance_interval: float = field(
        default=60.0, metadata=_seconds(_NODE, "Least time between two accounts that move for balance.", 1, 86_400)
    )
    balance_rest: float = field(
        default=86_400.0,
        metadata=_seconds(_NODE, "An account that moved for balance stays where it is for this long.", 1, 2_592_000),
    )
    node_memory_reserve: int = field(
        default=256,
        metadata=_about(
            _NODE,
            "A node takes no account that would leave less of its host's memory free.",
            Kind.INTEGER,
            unit="MiB",
            low=0,
            high=1_048_576,
        ),
    )
    boot_limit: float = field(
        default=60.0,
        metadata=_seconds(_NODE, "How long a worker may take from fork to its first connection.", 5, 600),
    )
    lease_ttl: float = field(
        default=15.0, metadata=_seconds(_LEASES, "How long an account stays owned without a renewal.", 1, 300)
    )
    lease_renew: float = field(default=4.0, metadata=_seconds(_LEASES, "Time between two renewals.", 0.1, 100))
    lease_fence: float = field(
        default=12.0,
        metadata=_seconds(
            _LEASES,
            "A process that could not renew for this long is ended by the kernel. More than two LEASE_RENEW, "
            "less than LEASE_TTL.",
            0.5,
            290,
        ),
    )
    handover_wait: float = field(
        default=30.0,
        metadata=_seconds(
            _LEASES,
            "Time without a connection before an account's key is used from another address: "
            "Telegram may end a key that changes address at once.",
            0,
            600,
        ),
    )
    max_pairs_per_session: int = field(
        default=30,
        metadata=_about(_PAIRS, "Pairs that one session may carry.", Kind.INTEGER, unit="pairs", low=1, high=60),
    )
    max_pairs_per_worker: int = field(
        default=30,
        metadata=_about(_PAIRS, "Pairs in one worker group.", Kind.INTEGER, unit="pairs", low=1, high=30),
    )
    rebalance_threshold: int = field(
        default=5,
        metadata=_about(
            _PAIRS,
            "Groups of one session are planned anew when their sizes differ by more.",
            Kind.INTEGER,
            unit="pairs",
            low=1,
            high=30,
        ),
    )
    session_health_interval: int = field(
        default=300,
        metadata=_whole_seconds(
            _PAIRS,
            "Time between two checks of a session. Read once: then its schedule row counts.",
            10,
            86400,
        ),
    )
    session_timeout: int = field(
        default=3600,
        metadata=_whole_seconds(_PAIRS, "A session without a good check for this long is expired.", 20, 604800),
    )
    worker_health_interval: int = field(
        default=180,
        metadata=_whole_seconds(
            _PAIRS,
            "Time between two checks of the workers. Read once: then its schedule row counts.",
            10,
            86400,
        ),
    )
    failover: bool = field(
        default=True,
        metadata=_about(
            _PAIRS,
            "Whether the pairs of a session that cannot work go to others with access to their sources. "
            "Each session has its own switch, too.",
            Kind.SWITCH,
        ),
    )
    failover_unhealthy_after: int = field(
        default=600,
        metadata=_whole_seconds(
            _PAIRS,
            "How long a session is unhealthy before its pairs go to others. A dead login loses them at once.",
            60,
            86400,
        ),
    )
    catch_up_days: int = field(
        default=7,
        metadata=_about(
            _PAIRS,
            "A pair that comes back relays what was posted meanwhile, but nothing older than this. 0: of any age.",
            Kind.INTEGER,
            unit="days",
            low=0,
            high=3650,
        ),
    )
    catch_up_messages: int = field(
        default=10_000,
        metadata=_about(
            _PAIRS,
            "And of that only so many, the newest of its source; joins and the like count. After a short interruption, "
            "too: a small number leaves out posts of a busy minute. 0: any number.",
            Kind.INTEGER,
            unit="messages",
            low=0,
            high=1_000_000,
        ),
    )
    source_poll_interval: float = field(
        default=170.0,
        metadata=_seconds(
            _PAIRS,
            "How often each session compares its sources with Telegram, all in one call: what Telegram did not tell of "
            "is found so.",
            0.2,
            3600,
        ),
    )
    guest_poll_interval: float = field(
        default=20.0,
        metadata=_seconds(
            _PAIRS,
            "The same for public sources that the session is no member of, as Telegram tells it of nothing there. "
            "They are asked more rarely while they are quiet, and in the first days of a login.",
            20,
            3600,
        ),
    )
    stuck_tries: int = field(
        default=8,
        metadata=_about(
            _PAIRS,
            "A message that was tried so often without any answer but 5xx, time-outs and broken connections, and for "
            "STUCK_SECONDS, is put aside for one attempt at the next one. When that passes, it is a dead letter.",
            Kind.INTEGER,
            unit="tries",
            low=2,
            high=100,
        ),
    )
    stuck_seconds: float = field(
        default=480.0,
        metadata=_seconds(_PAIRS, "How long a message is tried at least before it may be put aside.", 0, 86400),
    )
    lag_notice: float = field(
        default=300.0,
        metadata=_seconds(
            _PAIRS, "Operators are told of pairs whose oldest message has waited so long, with the reason.", 1, 86400
        ),
    )
    heartbeat_url: Secret | None = field(
        default=None,
        metadata=_about(
            _ADMIN,
            "Asked for by `control` every minute while it works, so that somebody outside notices when it does not.",
            Kind.SECRET,
            default_text="none",
        ),
    )
    alert_webhook_url: Secret | None = field(
        default=None,
        metadata=_about(
            _ADMIN,
            "A Discord or Slack webhook, or any other http(s) URL, to which `control` posts warnings as well: "
            "the bot cannot tell that its own host is dead.",
            Kind.SECRET,
            default_text="none",
        ),
    )
    payload_days: int = field(default=7, metadata=_days("Content of journaled messages; hashes stay."))
    link_days: int = field(
        default=30, metadata=_days("Links between the three copies of a message: edits, deletes, replies.")
    )
    check_days: int = field(default=30, metadata=_days("Health checks."))
    audit_days: int = field(default=365, metadata=_days("Audit events."))
    log_level: str = field(default="INFO", metadata=_about(_LOGS, "DEBUG, INFO, WARNING or ERROR.", Kind.TEXT))
    log_format: str = field(
        default="",
        metadata=_about(
            _LOGS,
            "One JSON object or one line of text per record.",
            Kind.LOG_FORMAT,
            default_text="text on a terminal, else JSON",
        ),
    )
    embedded_database: bool = False
    embedded_redis: bool = False


def declarations() -> dict[str, About]:
    """Every setting by its field name, in the order of `Config`."""
    return {item.name: item.metadata[_ABOUT] for item in fields(Config) if _ABOUT in item.metadata}


def current() -> Config:
    """The settings of this process."""
    config: Config = settings.RELAY
    return config
