"""What a command says is seen at once, also through a pipe: `up` and `demo` stay."""

from __future__ import annotations

import select
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]
_STAYS = "import manage, sys, time; manage.main(['manage.py', 'init', '--path', sys.argv[1]]); time.sleep(60)"


def test_a_line_comes_through_a_pipe_while_the_program_runs(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _STAYS, str(tmp_path / "settings")]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, env={"VAR_DIR": str(tmp_path)}) as process:
        try:
            assert process.stdout is not None
            heard, _, _ = select.select([process.stdout], [], [], 30)
            assert heard
            assert process.poll() is None
        finally:
            process.kill()
