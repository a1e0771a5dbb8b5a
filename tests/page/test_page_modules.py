"""The page's pure modules, run by node."""

import json
import random
import subprocess
from pathlib import Path

import pytest

from tests.golden.folding import seen_as
from tests.golden.random_logs import random_log
from tests.proofs import needs

HERE = Path(__file__).parent
RANDOM_LOGS = 400
NODE_LIMIT_S = 100

pytestmark = pytest.mark.page


def node(*arguments: str) -> str:
    """What node printed; its errors are the test's."""
    needs("node", "the page's own modules, and that they fold a log as the services do")
    done = subprocess.run(
        ["node", *arguments], capture_output=True, text=True, timeout=NODE_LIMIT_S, check=False, cwd=HERE
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-8000:]
    return done.stdout


def test_the_page_modules_keep_their_claims() -> None:
    files = sorted(path.name for path in HERE.glob("*.test.mjs"))
    assert files
    printed = node("--test", "--test-reporter=tap", *files)
    assert "# fail 0" in printed
    assert "# pass 0" not in printed


def test_the_page_folds_any_log_as_the_services_do(tmp_path: Path) -> None:
    logs = tmp_path / "logs.ndjson"
    with logs.open("w") as file:
        for seed in range(RANDOM_LOGS):
            events = random_log(random.Random(seed))
            file.write(json.dumps({"name": f"seed {seed}", "events": events} | seen_as(events)) + "\n")
    assert node("fold_many.mjs", str(logs)).strip() == f"{RANDOM_LOGS} logs agree"
