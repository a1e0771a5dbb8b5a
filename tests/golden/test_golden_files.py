"""The golden files are what the code says now; a change of a number shows as a change of a file."""

import json
import random
from pathlib import Path

import pytest

from shared.digest import EMPTY, extend
from shared.fold import RunFold
from tests.golden.folding import apply, fold_of
from tests.golden.make import FOLDER, golden_files
from tests.golden.random_logs import random_log
from tests.golden.scenarios import SCENARIOS, events_of


@pytest.mark.parametrize(("path", "text"), list(golden_files()), ids=lambda value: getattr(value, "stem", ""))
def test_a_golden_file_is_what_the_fold_says_now(path: Path, text: str) -> None:
    assert path.read_text() == text, "run: python -m tests.golden.make, and look at the difference"


def test_there_is_no_golden_file_without_its_scenario() -> None:
    assert {path.stem for path in (FOLDER / "fold").glob("*.json")} == set(SCENARIOS)


def test_the_digest_of_the_golden_lines_is_the_golden_digest() -> None:
    golden = json.loads((FOLDER / "digest.json").read_text())
    digest = EMPTY
    for line, expected in zip(golden["lines"], golden["digests"][1:], strict=True):
        digest = extend(digest, [line.encode("ascii")])
        assert digest.hex() == expected


@pytest.mark.parametrize("seed", range(100))
def test_order_repetition_and_looking_change_nothing(seed: int) -> None:
    chance = random.Random(seed)
    scenarios = [events_of(scenario) for scenario in SCENARIOS.values()]
    events = chance.choice(scenarios) if seed % 4 == 0 else random_log(chance)
    straight = fold_of(events)
    mixed = events * 2
    chance.shuffle(mixed)
    fold = RunFold()
    for event in mixed:
        apply(fold, event)
        if chance.random() < 0.1:
            fold.stats()
    assert fold.stats() == straight.stats()
    assert (fold.status, fold.reason, fold.phase) == (straight.status, straight.reason, straight.phase)
