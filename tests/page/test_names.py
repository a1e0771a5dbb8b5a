"""Names that stand on both sides of the stream, in Python and in the page: renamed on one side only, this is red."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import pytest

from services.pages.site import BUILD_MARK
from services.pages.site import STATIC_FOLDER as STATIC
from shared import paths
from shared.events import PHASES, SINGLE_TYPES, FinalStatus
from shared.limits import CONTRACT_VERSION
from shared.status import FINAL, STATUS_AFTER, RunStatus
from tests.proofs import needs

TELEMETRY_PATHS = {
    "runJson": paths.RUN,
    "runLive": paths.LIVE,
    "runEvents": paths.EVENTS,
    "runRejected": paths.REJECTED,
    "runReceipts": paths.RECEIPTS,
    "runPage": paths.PAGE,
    "runList": paths.RUNS,
    "summaryLive": paths.LIVE_MANY,
    "executorRun": paths.RUN,
}
EXECUTOR_PATHS = {
    "presets": paths.PRESETS,
    "plan": paths.PLAN,
    "runs": paths.RUNS,
    "runJson": paths.RUN,
    "runResults": paths.RESULTS,
    "runCalls": paths.CALLS,
    "runCall": paths.CALL,
    "runDocument": paths.DOCUMENT,
    "runExport": paths.EXPORT,
    "preset": paths.PRESET,
    "library": paths.LIBRARY,
    "libraryItem": paths.LIBRARY_ITEM,
    "compare": paths.COMPARE,
    **dict.fromkeys(
        ("runPage", "presetsPage", "presetPage", "libraryPage", "itemPage", "comparePage", "againPage"), paths.PAGE
    ),
}
ACTIONS = {"cancel": paths.CANCEL, "pause": paths.PAUSE, "resume": paths.RESUME}
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


def addresses(name: str) -> dict[str, str]:
    """The path of each address a module of the page makes, for a run named R at a service at ``http://host``."""
    script = f"""
      const made = await import({json.dumps((STATIC / name).as_uri())});
      const found = {{}};
      for (const [name, make] of Object.entries(made)) {{
        if (name === "baseOf" || name === "asBase") continue;
        if (name === "runAction") {{
          for (const action of {json.dumps(list(ACTIONS))}) found[action] = make("http://host/", "R", action);
        }} else if (name === "runList") found[name] = make("http://host/", {{}});
        else if (name === "compare" || name === "comparePage") found[name] = make("http://host/", ["R", "S"]);
        else found[name] = make("http://host/", "R", "X");
      }}
      console.log(JSON.stringify(found));
    """
    needs("node", "the page asks at the addresses the services have")
    done = subprocess.run(
        ["node", "--input-type=module", "-e", script], capture_output=True, text=True, timeout=30, check=True
    )
    return {made: urlsplit(address).path for made, address in json.loads(done.stdout).items()}


@pytest.mark.page
@pytest.mark.parametrize(
    ("module", "templates"),
    [("addresses.js", TELEMETRY_PATHS), ("execute/addresses.js", EXECUTOR_PATHS | ACTIONS)],
)
def test_the_page_asks_at_the_addresses_the_services_have(module: str, templates: dict[str, str]) -> None:
    filled = {"run_id": "R", "kind": "R", "name": "R", "call_id": "X", "document_id": "X"}
    expected = {name: paths.fill(template, **filled) for name, template in templates.items()}
    found = addresses(module)
    if "libraryItem" in found:
        # The one address with two names in it.
        expected["libraryItem"] = paths.fill(paths.LIBRARY_ITEM, kind="R", name="X")
    assert found == expected


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
