"""``python -m tests.faults.soak --seed 1 --minutes 10``: seeded scenarios one after the other, then a table.

Exit 1 when any promise was broken; the seed and the way to repeat it are printed.
"""

import argparse
import sys
import tempfile
import time
import traceback
from pathlib import Path
from random import Random

import anyio

from tests.faults.outcome import Outcome
from tests.faults.play import play
from tests.faults.scenarios import SCENARIOS
from tests.faults.table import table


async def soak(seed: int, minutes: float, kinds: list[str], most: int, keep: Path | None) -> list[Outcome]:
    """Play until the time is over, each kind in turn; at least one scenario is played."""
    deadline = time.monotonic() + minutes * 60
    outcomes: list[Outcome] = []
    while len(outcomes) < most and (not outcomes or time.monotonic() < deadline):
        kind = kinds[len(outcomes) % len(kinds)]
        one = seed + len(outcomes)
        with tempfile.TemporaryDirectory(prefix="acm2-soak-") as folder:
            outcome = await _one(kind, one, (keep or Path(folder)) / f"{time.time_ns()}-{kind.replace(' ', '-')}-{one}")
        outcomes.append(outcome)
        say(
            f"{kind}, seed {one}: {outcome.took_s:.0f} s, {outcome.kills} kills, {'BROKEN' if outcome.broken else 'ok'}"
        )
        for line in [*outcome.notes, *outcome.broken]:
            say(f"  {line}")
    return outcomes


async def _one(kind: str, seed: int, folder: Path) -> Outcome:
    try:
        return await play(SCENARIOS[kind], seed, folder)
    except Exception:  # noqa: BLE001 - the border of a scenario: one that breaks is shown, and the others are played
        return Outcome(kind, seed, broken=[f"the harness itself broke:\n{traceback.format_exc()}"])


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(
        description="Kill, cut and freeze everything, and see whether every promise holds."
    )
    parser.add_argument("--seed", type=int, default=Random().randrange(10_000))
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument(
        "--kind", action="append", choices=list(SCENARIOS), help="only this kind of scenario; repeatable"
    )
    parser.add_argument("--most", type=int, default=100_000, help="no more scenarios than this")
    parser.add_argument("--keep", type=Path, help="keep logs and stores of each scenario below this folder")
    asked = parser.parse_args()
    kinds = asked.kind or list(SCENARIOS)
    outcomes = anyio.run(soak, asked.seed, asked.minutes, kinds, asked.most, asked.keep)
    say("\n" + table(outcomes))
    broken = [outcome for outcome in outcomes if outcome.broken]
    for outcome in broken:
        again = f"python -m tests.faults.soak --seed {outcome.seed} --most 1 --kind '{outcome.kind}'"
        say(f"BROKEN: {outcome.kind}, seed {outcome.seed}: {outcome.broken[0]}\n  again: {again}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
