"""What takes too long for every change: many scripts of convergence, and the tests on each Python that is here.

    python3 .ci/nightly.py [--scripts 2000] [--seed 1]

Exit code 1 when anything failed. Standard library only.
"""
# ruff: noqa: S603, T201 - it runs programs and talks to a terminal

import argparse
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUPPORTED = ("3.11", "3.12", "3.13")


def main():
    """Run everything, whatever fails, and say at the end what came of it."""
    asked = arguments()
    scripts = ["-m", "tests.convergence", "--scripts", str(asked.scripts), "--seed", str(asked.seed)]
    results = [run(f"{asked.scripts} scripts of convergence, seed {asked.seed}", [ROOT / ".venv/bin/python", *scripts])]
    results += [tests(version) for version in SUPPORTED]
    print("\n" + "\n".join(line for line, _ in results))
    sys.exit(0 if all(passed for _, passed in results) else 1)


def arguments():
    """How much of it."""
    parser = argparse.ArgumentParser(prog="nightly.py")
    parser.add_argument("--scripts", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def tests(version):
    """The whole suite on one Python, in a virtual environment of its own."""
    if not is_here(version):
        return f"tests on Python {version}: not on this machine", True
    installed = subprocess.call([sys.executable, str(ROOT / ".ci/install.py"), "--dev", f"--only={version}"])
    if installed != 0:
        return f"tests on Python {version}: NOT INSTALLED", False
    command = [ROOT / f".venv-{version}/bin/python", "-m", "pytest", "-n", "3", "--no-loadscope-reorder"]
    return run(f"tests on Python {version}", command)


def is_here(version):
    """Whether that Python runs."""
    try:
        return subprocess.call([f"python{version}", "-c", ""], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def run(what, command):
    """A line about it, and whether it passed."""
    print(f"--- {what}", flush=True)
    began = time.monotonic()
    passed = subprocess.call([str(word) for word in command], cwd=str(ROOT)) == 0
    return f"{what}: {'passed' if passed else 'FAILED'} in {(time.monotonic() - began) / 60:.0f} min", passed


if __name__ == "__main__":
    main()
