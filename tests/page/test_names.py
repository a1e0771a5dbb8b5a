"""Names that stand on both sides of the stream, in Python and in the page: renamed on one side only, this is red."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any, get_args

import pytest

from services.pages.site import BUILD_MARK
from services.pages.site import STATIC_FOLDER as STATIC
from shared.events import PHASES, SINGLE_TYPES, FinalStatus
from shared.limits import CONTRACT_VERSION
from shared.status import FINAL, STATUS_AFTER, RunStatus
from tests.proofs import needs

SERVICES = Path(__file__).parent.parent.parent / "services"
STATE_FRAMES = {"hello", "status_update", "fpf_stats_update", "heartbeat", "gap", "drain", "end"}
LONGEST_FILE_LINES = 350


@pytest.fixture(scope="module")
def tables() -> Any:
    """The tables of the page's modules."""
    script = f"""
      const frames = await import({json.dumps((STATIC / "frames.js").as_uri())});
      const runs = await import({json.dumps((STATIC / "run-status.js").as_uri())});
      console.log(JSON.stringify({{...frames, ...runs, FINAL: [...runs.FINAL]}}));
    """
    needs("node", "the page and the services use the same names")
    done = subprocess.run(
        ["node", "--input-type=module", "-e", script], capture_output=True, text=True, timeout=30, check=True
    )
    return json.loads(done.stdout)


@pytest.mark.page
def test_the_page_knows_the_single_types_and_the_contract_of_the_services(tables: Any) -> None:
    assert set(tables["SINGLE_TYPES"]) == SINGLE_TYPES
    assert tables["CONTRACT"] == CONTRACT_VERSION


@pytest.mark.page
def test_the_page_knows_the_frames_of_the_stream(tables: Any) -> None:
    assert set(tables["STATE_FRAMES"]) == STATE_FRAMES
    said = "\n".join(path.read_text() for path in sorted((SERVICES / "telemetry").rglob("*.py")))
    assert [name for name in tables["STATE_FRAMES"] if f'"{name}"' not in said] == []


@pytest.mark.page
def test_the_page_knows_the_statuses_and_phases_of_a_run(tables: Any) -> None:
    assert tables["PHASES"] == list(PHASES)
    assert tables["STATUS_AFTER"] == {name: str(status) for name, status in STATUS_AFTER.items()}
    assert set(tables["FINAL"]) == set(FINAL) == set(get_args(FinalStatus))


def test_the_page_has_a_word_for_every_status_and_phase() -> None:
    text = (STATIC / "format.js").read_text()
    for name in (*RunStatus, *PHASES):
        assert re.search(rf"^  {name}: ", text, re.MULTILINE), name


@pytest.mark.parametrize("name", ["live.html", "execute.html"])
def test_a_page_has_the_mark_its_service_replaces_with_the_build(name: str) -> None:
    assert f'<meta name="acm2-build" content="{BUILD_MARK}">' in (STATIC / name).read_text()


def files() -> list[Path]:
    return sorted(path for path in STATIC.rglob("*") if path.is_file())


@pytest.mark.parametrize("path", files(), ids=lambda path: path.relative_to(STATIC).as_posix())
def test_a_page_file_is_small_and_takes_nothing_from_elsewhere(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= LONGEST_FILE_LINES
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", " style=", "onclick="):
        assert forbidden not in text, forbidden
    for address in re.findall(r"https?://[^\s\"'`>]+", text):
        assert address.startswith(("http://www.w3.org/", "https://telemetry.example/", "https://host/")), address
