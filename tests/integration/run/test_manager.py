"""The process manager with small real programs."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from project.run.manager import Manager
from project.run.service import Service, State, Status, running_for, wrote
from project.run.table import table

DEADLINE = 30.0


def wait_until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, f"not within {DEADLINE} s: {what}"
        time.sleep(0.02)


def python(name: str, code: str, *, ready: str = "ready") -> Service:
    return Service(name, (sys.executable, "-c", textwrap.dedent(code)), wrote(ready))


SLEEPER = "import time; print('ready', flush=True); time.sleep(300)"


def manager(tmp_path: Path, *services: Service, echo: Callable[[str, str], None] | None = None) -> Manager:
    return Manager(services, logs=tmp_path / "log", directory=tmp_path, echo=echo)


def by_name(running: Manager) -> dict[str, Status]:
    return {status.name: status for status in running.statuses()}


def test_services_become_ready_are_logged_and_all_end(tmp_path: Path) -> None:
    heard: list[tuple[str, str]] = []
    with manager(
        tmp_path, python("one", SLEEPER), python("two", SLEEPER), echo=lambda *line: heard.append(line)
    ) as running:
        assert running.wait_ready(DEADLINE) == ()
        pids = [status.pid for status in running.statuses()]
        assert all(pid is not None and psutil.pid_exists(pid) for pid in pids)
        wait_until(lambda: len(heard) == 2, "both lines were echoed")
    assert sorted(heard) == [("one", "ready"), ("two", "ready")]
    assert (tmp_path / "log" / "one.log").read_text() == "ready\n"
    assert not any(pid is not None and psutil.pid_exists(pid) for pid in pids)
    assert {status.state for status in running.statuses()} == {State.STOPPED}


def test_a_service_that_dies_is_started_again(tmp_path: Path) -> None:
    with manager(tmp_path, python("one", SLEEPER)) as running:
        running.wait_ready(DEADLINE)
        first = by_name(running)["one"].pid
        assert first is not None
        os.kill(first, 9)
        wait_until(lambda: by_name(running)["one"].restarts == 1, "it was started again")
        assert running.wait_ready(DEADLINE) == ()
        assert by_name(running)["one"].pid != first


def test_a_service_that_cannot_work_is_shown_with_its_last_words(tmp_path: Path) -> None:
    broken = python("broken", "import sys; sys.exit('TOKEN: is wrong.')")
    with manager(tmp_path, broken) as running:
        wait_until(lambda: by_name(running)["broken"].state is State.FAILED, "it failed")
        (late,) = running.wait_ready(0)
        assert late.exit_code == 1
        assert "broken said: TOKEN: is wrong." in table([late])


def test_what_fails_again_and_again_is_failed_until_it_is_ready(tmp_path: Path) -> None:
    """Not "starting" between two tries: `up` would call it ready, or tell its state every second."""
    states: set[State] = set()
    flag = tmp_path / "mended"
    code = f"""
        import pathlib, sys, time
        if not pathlib.Path({str(flag)!r}).exists():
            sys.exit("TOKEN: is wrong.")
        print("ready", flush=True)
        time.sleep(300)
    """
    with manager(tmp_path, python("broken", code)) as running:
        running.wait_settled(DEADLINE)

        def tried_twice() -> bool:
            states.add(by_name(running)["broken"].state)
            return by_name(running)["broken"].restarts >= 2

        wait_until(tried_twice, "it was tried twice more")
        assert states == {State.FAILED}
        flag.touch()
        wait_until(lambda: by_name(running)["broken"].state is State.READY, "it works")


def test_a_service_that_a_platform_refuses_is_not_ready_although_it_stays(tmp_path: Path) -> None:
    event = '{"level": "error", "hint": "Put a valid token into TOKEN.", "event": "the bot is refused"}'
    code = f"import time; print('ready', flush=True); time.sleep(0.3); print({event!r}, flush=True); time.sleep(300)"
    service = dataclasses.replace(python("bot", code), refused="the bot is refused")
    with manager(tmp_path, service) as running:
        wait_until(lambda: by_name(running)["bot"].state is State.FAILED, "it is refused")
        status = by_name(running)["bot"]
        assert status.pid is not None
        assert status.last_line == "the bot is refused: Put a valid token into TOKEN."


def test_stopping_lets_a_service_drain(tmp_path: Path) -> None:
    drains = """
        import signal, sys, time
        def drain(*_):
            time.sleep(0.5)
            print("drained", flush=True)
            sys.exit()
        signal.signal(signal.SIGTERM, drain)
        print("ready", flush=True)
        time.sleep(300)
    """
    with manager(tmp_path, python("one", drains)) as running:
        running.wait_ready(DEADLINE)
    assert (tmp_path / "log" / "one.log").read_text() == "ready\ndrained\n"
    assert by_name(running)["one"].exit_code == 0


def test_children_of_a_service_do_not_outlive_it(tmp_path: Path) -> None:
    parent = f"""
        import subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", {SLEEPER!r}])
        print("child", child.pid, flush=True)
        child.wait()
    """
    with manager(tmp_path, python("parent", parent)) as running:
        running.wait_ready(DEADLINE)
        child = int((tmp_path / "log" / "parent.log").read_text().split()[1])
        assert psutil.pid_exists(child)
    wait_until(lambda: not psutil.pid_exists(child), "the child ended")


def test_kill_9_of_the_manager_ends_its_services(tmp_path: Path) -> None:
    program = f"""
        import sys, time
        from pathlib import Path
        from project.run.manager import Manager
        from project.run.service import Service, wrote
        here = Path({str(tmp_path)!r})
        service = Service("one", (sys.executable, "-c", {SLEEPER!r}), wrote("ready"))
        running = Manager([service], logs=here / "log", directory=here)
        running.start()
        assert not running.wait_ready(30)
        print(running.statuses()[0].pid, flush=True)
        time.sleep(300)
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert psutil.pid_exists(pid)
        process.kill()
    wait_until(lambda: not psutil.pid_exists(pid), "the service ended")


def test_a_service_counts_as_ready_only_after_its_time(tmp_path: Path) -> None:
    service = Service("one", (sys.executable, "-c", SLEEPER), running_for(0.5))
    started = time.monotonic()
    with manager(tmp_path, service) as running:
        assert running.wait_ready(DEADLINE) == ()
        assert time.monotonic() - started >= 0.5
