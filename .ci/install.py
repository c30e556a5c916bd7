"""Creates .venv and installs the pinned requirements, when they are not installed yet.

    python3 .ci/install.py [--dev] [--only=3.12]

Any Python 3.6 or later can run this; it finds one that the project supports. With --only it is that version, in a
.venv-3.12 of its own. Standard library only.
"""
# ruff: noqa: S603, T201 - it runs pip and talks to a terminal

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ONLY = "".join(word[len("--only=") :] for word in sys.argv[1:] if word.startswith("--only="))
VENV = ROOT / (f".venv-{ONLY}" if ONLY else ".venv")
PYTHON = VENV / "bin" / "python"
SUPPORTED = (ONLY,) if ONLY else ("3.13", "3.12", "3.11")
RUNTIME, DEVELOPMENT = "requirements.txt", "requirements-dev.txt"  # the second contains the first


def main():
    """Install what is asked for, one process at a time."""
    wanted = DEVELOPMENT if "--dev" in sys.argv[1:] else RUNTIME
    with (ROOT / f"{VENV.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if version_of(PYTHON) not in SUPPORTED:
            create()
        if not any(is_installed(name) for name in (wanted, DEVELOPMENT)):
            install(wanted)


def create():
    """Make a new, empty .venv."""
    base = base_python()
    print(f"Creating {VENV.name} with Python {version_of(base)}", flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    if subprocess.call([str(base), "-m", "venv", str(VENV)]) != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        sys.exit("Python's venv module does not work here. On Debian and Ubuntu: apt install python3-venv")


def base_python():
    """The Python that runs this when it is supported, else a supported one on PATH."""
    for name in (sys.executable, *(f"python{version}" for version in SUPPORTED)):
        found = shutil.which(name)
        if found and version_of(found) in SUPPORTED:
            return found
    here = "{}.{}".format(*sys.version_info)
    sys.exit(
        f"Python 3.11, 3.12 or 3.13 is needed, and {sys.executable} is {here}. "
        "Install one, or name one: make PYTHON=/path/to/python3.12"
    )


def version_of(python):
    """Its version, as 3.12; empty when it does not run."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        return subprocess.check_output([str(python), "-c", code], stderr=subprocess.DEVNULL).decode().strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def install(name):
    """Install the file, then note its digest, so that the next run has nothing to do."""
    print(f"Installing {name} (once, about a minute)", flush=True)
    for former in (RUNTIME, DEVELOPMENT):
        if stamp(former).exists():
            stamp(former).unlink()
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    if subprocess.call([*pip, "--require-hashes", "-r", str(ROOT / name)]) != 0:
        sys.exit("The requirements could not be installed: see pip's message above.")
    stamp(name).write_text(digest(name))


def is_installed(name):
    """Was this file, as it is now, installed last?"""
    return stamp(name).is_file() and stamp(name).read_text() == digest(name)


def stamp(name):
    """Where the digest of an installed file is noted."""
    return VENV / f"installed-{name}"


def digest(name):
    """Of the file as it is now."""
    return hashlib.sha256((ROOT / name).read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
