"""help.*: configuration."""

from __future__ import annotations

from typing import Any

from telethon.tl import types
from telethon.tl.functions import help as help_

from project.sandbox.telegram.settings import DC_ID
from project.sandbox.telegram.text import CAPTION_LIMIT, TEXT_LIMIT

from .registry import Call, method

_HOUR = 3600
_EDIT_TIME = 48 * _HOUR


@method(help_.GetConfigRequest, anybody=True)
def get_config(call: Call, request: Any) -> Any:
    """The data centres, and the limits on texts."""
    date = call.state.clock.date()
    return types.Config(
        date=date,
        expires=date + _HOUR,
        test_mode=False,
        this_dc=call.dc,
        dc_options=[types.DcOption(dc, host, port) for dc, (host, port) in call.where.items()],
        dc_txt_domain_name="sandbox.invalid",
        chat_size_max=200,
        megagroup_size_max=200_000,
        forwarded_count_max=100,
        online_update_period_ms=210_000,
        offline_blur_timeout_ms=5_000,
        offline_idle_timeout_ms=30_000,
        online_cloud_timeout_ms=300_000,
        notify_cloud_delay_ms=30_000,
        notify_default_delay_ms=1_500,
        push_chat_period_ms=60_000,
        push_chat_limit=2,
        edit_time_limit=_EDIT_TIME,
        revoke_time_limit=2**31 - 1,
        revoke_pm_time_limit=2**31 - 1,
        rating_e_decay=2_419_200,
        stickers_recent_limit=200,
        channels_read_media_period=604_800,
        call_receive_timeout_ms=20_000,
        call_ring_timeout_ms=90_000,
        call_connect_timeout_ms=30_000,
        call_packet_timeout_ms=10_000,
        me_url_prefix="https://t.me/",
        caption_length_max=CAPTION_LIMIT,
        message_length_max=TEXT_LIMIT,
        webfile_dc_id=DC_ID,
    )


@method(help_.GetNearestDcRequest, anybody=True)
def get_nearest_dc(call: Call, request: Any) -> Any:
    """Where a new number belongs."""
    return types.NearestDc("XX", call.dc, call.state.settings.nearest_dc)


@method(help_.GetAppConfigRequest, bots=False)
def get_app_config(call: Call, request: Any) -> Any:
    """Carries freeze_since_date, freeze_until_date and freeze_appeal_url for a frozen account."""
    values: list[tuple[str, Any]] = []
    freeze = call.me.freeze
    if freeze is not None:
        values = [
            ("freeze_since_date", types.JsonNumber(float(freeze.since))),
            ("freeze_until_date", types.JsonNumber(float(freeze.until))),
            ("freeze_appeal_url", types.JsonString(freeze.appeal_url)),
        ]
    fields = [types.JsonObjectValue(key, value) for key, value in values]
    return types.help.AppConfig(hash=len(values), config=types.JsonObject(fields))
