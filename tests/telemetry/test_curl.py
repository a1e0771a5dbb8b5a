"""What somebody types into a terminal."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.proofs import needs
from tests.telemetry.server import Server, finished, log, numbered, step


@pytest.fixture(autouse=True)
def curl_is_there() -> None:
    needs("curl", "what somebody types into a terminal")


def curl(*arguments: str, code: int = 0, limit_s: int = 20) -> str:
    done = subprocess.run(
        ["curl", "-sS", *arguments], capture_output=True, text=True, timeout=limit_s + 10, check=False
    )
    assert done.returncode == code, done.stderr
    return done.stdout


def test_d_sends_an_event(telemetry: Server, run: str) -> None:
    answer = curl("-d", '{"type": "myapp.step"}', f"{telemetry.url}/runs/{run}/events")
    assert json.loads(answer)["accepted"] == 1


def test_data_binary_sends_lines_and_d_sends_the_same_file_without_its_newlines(
    telemetry: Server, run: str, tmp_path: Path
) -> None:
    file = tmp_path / "events"
    file.write_text('{"type": "myapp.one"}\n{"type": "myapp.two"}\n')
    assert json.loads(curl("--data-binary", f"@{file}", f"{telemetry.url}/runs/{run}/events"))["accepted"] == 2
    assert json.loads(curl("-d", f"@{file}", f"{telemetry.url}/runs/{run}/events"))["high_water"] == 4


def test_t_uploads_a_file(telemetry: Server, run: str, tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text('{"type": "myapp.one", "data": {"pad": "%s"}}\n' % ("x" * 100_000) * 20)
    assert json.loads(curl("-T", str(file), f"{telemetry.url}/runs/{run}/events"))["accepted"] == 20
    pretty = tmp_path / "pretty.json"
    pretty.write_text(json.dumps({"type": "myapp.two"}, indent=2))
    assert json.loads(curl("-T", str(pretty), f"{telemetry.url}/runs/{run}/events"))["high_water"] == 21


def test_json_sends_json_and_text_plain_sends_log_lines(telemetry: Server, run: str) -> None:
    curl("--json", '[{"type": "myapp.one"}]', f"{telemetry.url}/runs/{run}/events")
    curl("-H", "Content-Type: text/plain", "-d", "hello", f"{telemetry.url}/runs/{run}/events")
    assert [line["type"] for line in telemetry.lines(run)] == ["myapp.one", "log"]


def test_n_shows_the_log_to_its_end_and_then_ends(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, step(), finished()))
    for view in ("events", "live"):
        text = curl("-N", f"{telemetry.url}/runs/{run}/{view}")
        assert text.startswith("retry: ")
        assert text.rstrip().splitlines()[-2] == "event: end"


def test_i_answers_and_ends_also_for_a_stream(telemetry: Server, run: str) -> None:
    assert "200 OK" in curl("-I", f"{telemetry.url}/runs/{run}/live")
    assert "204 No Content" not in curl("-I", f"{telemetry.url}/live")


def test_a_stream_shows_something_at_once_and_goes_on_until_curl_leaves(telemetry: Server, run: str) -> None:
    with subprocess.Popen(
        ["curl", "-sN", f"{telemetry.url}/runs/{run}/events"], stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline().startswith("retry: ")
        telemetry.post(run, log("hello"))
        while '"hello"' not in reader.stdout.readline():
            pass
        reader.terminate()
    telemetry.wait_until("curl has left", lambda: telemetry.run(run)["subscribers"] == 0)


def test_a_run_copied_line_by_line_is_the_same_run(telemetry: Server, own: Server, run: str, tmp_path: Path) -> None:
    telemetry.post(run, *numbered(1, log("ä"), step(2), finished(events=2)))
    file = tmp_path / "copy.ndjson"
    curl("-H", "Accept: application/x-ndjson", "-o", str(file), f"{telemetry.url}/runs/{run}/events")
    curl("-T", str(file), f"{own.url}/runs/{run}/events")
    assert own.run(run)["digest"] == telemetry.run(run)["digest"]
    assert own.run(run)["complete"] is True


def test_old_http_gets_its_answer_too(telemetry: Server, run: str) -> None:
    telemetry.post(run, *numbered(1, step(), finished()))
    assert "event: end" in curl("--http1.0", "-N", f"{telemetry.url}/runs/{run}/events")
    answer = curl("--http1.0", "-d", '{"type": "myapp.step"}', f"{telemetry.url}/runs/{run}x/events")
    assert json.loads(answer)["accepted"] == 1
