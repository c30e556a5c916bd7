"""The sandbox as a program: arguments, addresses, signals."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from project.sandbox.app import Endpoints, Sandbox


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The sandbox's options."""
    parser.add_argument("--profile", choices=("real", "off"), default="real", help="limits; off is for benches")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--telegram-port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--http-port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--key-file", type=Path, default=Path("var/sandbox/telegram.pem"), help="public key, written")
    parser.add_argument("--ready-file", type=Path, help="gets the addresses as JSON once all of it listens")


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the sandbox until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="sandbox", description="A loopback Telegram and Discord.")
    add_arguments(parser)
    run(parser.parse_args(arguments))


def run(options: argparse.Namespace) -> None:
    """Runs the sandbox with parsed options; exits with 1 when a port is taken."""
    try:
        asyncio.run(_run(options))
    except OSError as problem:
        sys.exit(f"The sandbox cannot listen: {problem.strerror or problem}.")


async def _run(options: argparse.Namespace) -> None:
    options.key_file.parent.mkdir(parents=True, exist_ok=True)
    sandbox = Sandbox(
        key_file=options.key_file.resolve(),
        profile=options.profile,
        host=options.host,
        telegram_port=options.telegram_port,
        http_port=options.http_port,
    )
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with sandbox as endpoints:
        _tell(endpoints, options.profile, options.ready_file)
        await stop.wait()


def _tell(endpoints: Endpoints, profile: str, ready_file: Path | None) -> None:
    lines = [f"{name}={value}" for name, value in endpoints.as_env().items()]
    lines += [f"control API: {endpoints.control_url}", f"chat page:   {endpoints.chat_url}", f"limits: {profile}"]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()
    if ready_file is not None:
        # Whole or not at all: whoever waits for the file reads it at once.
        draft = ready_file.with_name(ready_file.name + ".part")
        draft.write_text(json.dumps(asdict(endpoints) | {"profile": profile, "pid": os.getpid()}))
        draft.replace(ready_file)
