"""What somebody may send the executor where a preset should be: refused with its reason, quickly, and nothing is begun."""

import json
from collections.abc import Iterator

import httpx
import psutil
import pytest

from services.process.problem import STATUS
from tests.executor.service import Process, service
from tests.poison.events import MARK
from tests.poison.raw_http import head, speak

JSON, YAML = "application/json", "application/yaml"
GROWTH_LIMIT_BYTES = 300 * 1024 * 1024

_LAUGHS = b"a0: &a0 [pOiSoN,pOiSoN]\n" + b"".join(
    b"a%d: &a%d [%b]\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 12)
)

NOT_JSON: dict[str, bytes] = {
    "nothing": b"",
    "words": b"pOiSoN",
    "half a config": b'{"config": {"name": "pOiSoN"',
    "NaN": b'{"config": NaN, "pOiSoN": 1}',
    "1e999": b'{"config": {"limits": {"max_cost_usd": 1e999}}}',
    "a lone surrogate": b'{"config": {"name": "pOiSoN \\ud800"}}',
    "a key twice": b'{"config": {"pOiSoN": 1, "pOiSoN": 2}}',
    "100,000 lists deep": b"[" * 100_000 + b"]" * 100_000,
    "a million objects that never end": b'{"a":' * 1_000_000,
    "a number of a million digits": b'{"config": ' + b"9" * 1_000_000 + b"}",
    "overlong utf-8": b'{"config": "pOiSoN \xc0\xaf"}',
    "NUL": b'{"config": "pOiSoN \0"}',
}

NOT_YAML: dict[str, bytes] = {
    "aliases that multiply": _LAUGHS,
    "an alias of itself": b"a: &a [*a]\n",
    "a mapping that holds itself": b"&a {b: *a, pOiSoN: 1}\n",
    "an alias of nothing": b"a: *pOiSoN\n",
    "a merge": b"a: &a {pOiSoN: 1}\nb:\n  <<: *a\n  ? [x]\n  : 1\n",
    "a python object": b"!!python/object/apply:os.system ['echo pOiSoN']\n",
    "a python name": b"a: !!python/name:os.system\n",
    "a tag of its own": b"a: !pOiSoN {x: 1}\n",
    "binary": b"a: !!binary cE9pU29O\n",
    "a set": b"a: !!set {pOiSoN}\n",
    "a time": b"a: !!timestamp 2026-11-22\n",
    "an ordered map": b"a: !!omap [pOiSoN: 1]\n",
    "pairs": b"a: !!pairs [pOiSoN: 1]\n",
    "100,000 lists deep": b"[" * 100_000,
    "500 levels by indentation": b"\n".join(b" " * n + b"- " for n in range(500)) + b"x",
    "40 levels": b"[" * 40 + b"]" * 40,
    "a key that is a list": b"? [pOiSoN, 2]\n: 3\n",
    "a key twice": b"pOiSoN: 1\npOiSoN: 2\n",
    "two documents": b"pOiSoN: 1\n---\npOiSoN: 2\n",
    "infinity": b"a: 1.0e999\n",
    "a lone surrogate": b'a: "pOiSoN \\ud800"\n',
    "NUL": b"a: pOiSoN\0\n",
    "a tab": b"a:\n\t- pOiSoN\n",
    "an open quote": b"a: 'pOiSoN\n",
    "another version": b"%YAML 9.9\n---\na: pOiSoN\n",
    "not utf-8": b"a: pOiSoN \xff\n",
}

WRONG_CONFIGS: dict[str, object] = {
    "a list": [MARK],
    "a number": 5,
    "null": None,
    "nothing asked for": {},
    "an unknown key": {"config": {}, MARK: 1},
    "a config that is a list": {"config": [MARK]},
    "a preset that is a path": {"preset": f"../../{MARK}"},
    "a preset with NUL": {"preset": f"{MARK}\0"},
    "a huge key": {"config": {MARK * 200_000: 1}},
    "20,000 keys": {"config": {f"{MARK}{n}": 1 for n in range(20_000)}},
    "20,000 keys beside the config": {"config": {}, **{f"{MARK}{n}": 1 for n in range(20_000)}},
    "20,000 models": {"config": {"name": "x", "generation": {"models": [{MARK: 1}] * 20_000}}},
    "a huge name of a preset": {"preset": MARK * 200_000},
    "a huge name of a model": {"config": {"name": "x", "generation": {"models": [{"provider": MARK * 200_000}]}}},
    "a huge run id": {"config": {}, "run_id": MARK * 200_000},
    "a run id with newlines": {"config": {}, "run_id": f"{MARK}\r\nX: y"},
    "a run id with NUL": {"config": {}, "run_id": f"{MARK}\0"},
    "a run id that is a number": {"config": {}, "run_id": 5},
    "numbers as text": {"config": {"name": "x", "limits": {"concurrency": MARK}}},
    "a limit below zero": {"config": {"name": "x", "limits": {"concurrency": -1, "max_requests": -(2**63)}}},
    "a limit beyond all": {"config": {"name": "x", "limits": {"max_requests": 2**64, "max_cost_usd": 1e308}}},
    "a document outside": {"config": {"name": "x", "documents": ["/etc/passwd", "../../etc/passwd"]}},
    "overrides that are text": {"preset": "demo", "overrides": MARK},
}


@pytest.fixture(scope="module")
def executor(tmp_path_factory: pytest.TempPathFactory, clean_environment: None) -> Iterator[Process]:
    with service(tmp_path_factory.mktemp("executor"), ACM2_WORKERS="1") as process:
        assert process.process is not None
        before_bytes = psutil.Process(process.process.pid).memory_info().rss
        yield process
        assert httpx.get(f"{process.url}/health/ready", trust_env=False).status_code == 200
        assert httpx.get(f"{process.url}/runs", trust_env=False).json()["runs"] == [], "something was begun"
        assert psutil.Process(process.process.pid).memory_info().rss - before_bytes < GROWTH_LIMIT_BYTES
        process.process.terminate()
        _, stderr = process.process.communicate(timeout=40)
        assert MARK.encode() not in stderr
        assert b"Traceback" not in stderr


def send(executor: Process, path: str, body: bytes, content_type: str) -> httpx.Response:
    headers = {"Content-Type": content_type}
    return httpx.post(executor.url + path, content=body, headers=headers, timeout=30, trust_env=False)


def is_problem(answer: httpx.Response, *types: str) -> None:
    assert answer.headers["content-type"] == "application/problem+json", answer.text[:500]
    told = answer.json()
    name = told["type"].rsplit("/", 1)[1]
    assert name in types, told
    assert answer.status_code == told["status"] == STATUS[name]
    assert told["detail"]
    assert len(answer.content) < 200_000, "the answer is as large as the poison"


@pytest.mark.parametrize("name", NOT_JSON)
def test_what_is_no_json_is_refused(executor: Process, name: str) -> None:
    is_problem(send(executor, "/runs", NOT_JSON[name], JSON), "not-json")


@pytest.mark.parametrize("name", NOT_YAML)
def test_what_is_no_yaml_as_we_take_it_is_refused(executor: Process, name: str) -> None:
    is_problem(send(executor, "/runs", NOT_YAML[name], YAML), "not-json")


@pytest.mark.parametrize("name", WRONG_CONFIGS)
def test_what_is_no_preset_is_refused_with_the_field_that_is_wrong(executor: Process, name: str) -> None:
    answer = send(executor, "/runs", json.dumps(WRONG_CONFIGS[name]).encode(), JSON)
    is_problem(answer, "invalid-config", "invalid-id", "unknown-preset")
    assert all(error["path"] is not None for error in answer.json().get("errors", []))


def test_a_plan_is_refused_as_a_run_is(executor: Process) -> None:
    small = [(body, JSON) for body in NOT_JSON.values()] + [(body, YAML) for body in NOT_YAML.values()]
    for body, content_type in small:
        is_problem(send(executor, "/plan", body, content_type), "not-json")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_what_a_foreign_page_could_send_is_refused_by_its_type(executor: Process, content_type: str) -> None:
    is_problem(send(executor, "/runs", b'{"preset": "demo"}', content_type), "unsupported-type")


def test_a_body_over_the_limit_is_refused(executor: Process) -> None:
    body = b'{"config": "' + b"x" * (33 * 1024 * 1024) + b'"}'
    is_problem(send(executor, "/plan", body, JSON), "too-large")


@pytest.mark.parametrize("bad", ["%00", "%0d%0aX:%20y", "%ff", "%2e%2e", "a%20b", "x" * 65])
def test_a_run_id_that_is_none_is_refused_on_every_route(executor: Process, bad: str) -> None:
    for method, end in (("GET", ""), ("GET", "/calls"), ("GET", "/results"), ("GET", "/events"), ("POST", "/cancel")):
        found = speak(executor.url, head(method, f"/runs/{bad}{end}", "Connection: close", "Content-Length: 0"))
        assert [answer.status for answer in found] == [422], (method, end)
        assert json.loads(found[0].body)["type"].endswith("/invalid-id")
        assert b"\r\nX:" not in found[0].head
