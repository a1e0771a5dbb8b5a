"""One seed of each scenario: whatever is killed, cut or frozen, nothing is lost, doubled, asked in vain or shown wrongly."""

from pathlib import Path

import pytest

from tests.faults.play import play
from tests.faults.scenarios import SCENARIOS

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]

SEED = 1
HERE = [
    "executor killed",
    "telemetry killed and wiped",
    "workers killed and stopped",
    "links spoiled",
    "disks full",
    "everything",
    pytest.param("model server killed", marks=pytest.mark.model),
]
"""Scenarios of the soak that every run of the tests plays; the others take longer or repeat what these do."""


@pytest.mark.parametrize("kind", HERE)
async def test_every_promise_holds_while(kind: str, tmp_path: Path) -> None:
    outcome = await play(SCENARIOS[kind], SEED, tmp_path)
    again = f"python -m tests.faults.soak --seed {SEED} --most 1 --kind '{kind}'"
    assert not outcome.broken, "\n".join([f"again: {again}", *outcome.broken])
    assert outcome.faults.total() > 0
    assert (outcome.lost, outcome.doubled) == (0, 0)
