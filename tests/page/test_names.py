"""Names that stand on both sides of the stream, in Python and in the page: renamed on one side only, this is red."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any, get_args

import pytest

from services.executor.web.service import _BUILD_MARK as EXECUTOR_MARK
from services.telemetry.web.page import BUILD_MARK as TELEMETRY_MARK
from shared.events import PHASES, SINGLE_TYPES, FinalStatus
from shared.limits import CONTRACT_VERSION
from shared.status import FINAL, STATUS_AFTER, RunStatus
from tests.page.scripted_telemetry import SERVICES, TELEMETRY_STATIC
from tests.proofs import needs

EXECUTOR_STATIC = SERVICES / "executor" / "web" / "static"
STATE_FRAMES = {"hello", "status_update", "fpf_stats_update", "heartbeat", "gap", "drain", "end"}
LONGEST_FILE_LINES = 350
COPIES = ("dom.js", "page.css", "problem.js", "icon.svg", "format.js", "copying.js")


@pytest.fixture(scope="module")
def tables() -> Any:
    """The tables of the page's modules."""
    script = f"""
      const frames = await import({json.dumps((TELEMETRY_STATIC / "frames.js").as_uri())});
      const runs = await import({json.dumps((TELEMETRY_STATIC / "run-status.js").as_uri())});
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
    text = (TELEMETRY_STATIC / "format.js").read_text()
    for name in (*RunStatus, *PHASES):
        assert re.search(rf"^  {name}: ", text, re.MULTILINE), name


@pytest.mark.parametrize(
    ("static", "mark"),
    [(TELEMETRY_STATIC, TELEMETRY_MARK), (EXECUTOR_STATIC, EXECUTOR_MARK)],
    ids=["telemetry", "executor"],
)
def test_a_page_has_the_mark_its_service_replaces_with_the_build(static: Path, mark: str) -> None:
    assert f'<meta name="acm2-build" content="{mark}">' in (static / "index.html").read_text()


@pytest.mark.parametrize("name", COPIES)
def test_what_both_pages_use_is_the_same_file(name: str) -> None:
    """Each service serves its own files; the executor's page runs before it knows where telemetry is."""
    assert (EXECUTOR_STATIC / name).read_bytes() == (TELEMETRY_STATIC / name).read_bytes()


def files() -> list[Path]:
    return sorted(
        path for folder in (TELEMETRY_STATIC, EXECUTOR_STATIC) for path in folder.rglob("*") if path.is_file()
    )


@pytest.mark.parametrize("path", files(), ids=lambda path: path.relative_to(SERVICES).as_posix())
def test_a_page_file_is_small_and_takes_nothing_from_elsewhere(path: Path) -> None:
    text = path.read_text()
    assert len(text.splitlines()) <= LONGEST_FILE_LINES
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", " style=", "onclick="):
        assert forbidden not in text, forbidden
    for address in re.findall(r"https?://[^\s\"'`>]+", text):
        assert address.startswith(("http://www.w3.org/", "https://telemetry.example/", "https://host/")), address
