"""One installation's measures: started by the bench for each, since settings hold for a whole process."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from tests.harness.environment import enter


def main() -> None:
    """Writes the results as JSON; nothing is written when a measure could not be taken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage")
    parser.add_argument("--var", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--scale", choices=("full", "quick", "tiny"), default="full")
    asked = parser.parse_args()
    enter(asked.var)
    from tests.bench.measures import MEASURES, QUICK, TINY, Scale

    scale = {"full": Scale(), "quick": QUICK, "tiny": TINY}[asked.scale]
    results = MEASURES[asked.stage](scale)
    asked.out.write_text(json.dumps({name: asdict(result) for name, result in results.items()}))


if __name__ == "__main__":
    main()
