"""Signs of life and receipts that must not be taken: refused with the field that is wrong, and what is shown stays as it was."""

from collections.abc import Iterator

import pytest

from services.process.problem import STATUS
from tests.poison.events import MARK
from tests.telemetry.server import Server, log, problem

SIGN, RECEIPT = ("PUT", "producer"), ("POST", "receipts")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, clean_environment: None) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("poison"))
    server.start()
    yield server
    assert server.metric("acm2_faults_total") == 0, server.errors
    assert MARK not in server.errors
    server.close()


@pytest.mark.parametrize(
    ("route", "body", "type_", "path"),
    [
        *[
            (route, body, "not-json", "")
            for route in (SIGN, RECEIPT)
            for body in (
                b"",
                b"pOiSoN",
                b'{"produced":NaN,"received":NaN}',
                b'{"produced":1e999}',
                b'{"storage":"pOiSoN \\ud800"}',
                b'{"produced":1,"produced":2}',
                b"[" * 1_000,
            )
        ],
        *[(route, body, "invalid-parameter", "") for route in (SIGN, RECEIPT) for body in (b"[]", b"null", b"5")],
        (SIGN, b'{"produced":-1}', "invalid-parameter", "produced"),
        (SIGN, b'{"produced":1.5}', "invalid-parameter", "produced"),
        (SIGN, b'{"produced":"1"}', "invalid-parameter", "produced"),
        (SIGN, b'{"produced":9223372036854775808}', "invalid-parameter", "produced"),
        (SIGN, b'{"pending":-1}', "invalid-parameter", "pending"),
        (SIGN, b'{"oldest_pending_s":-1}', "invalid-parameter", "oldest_pending_s"),
        (SIGN, b'{"storage":5}', "invalid-parameter", "storage"),
        (SIGN, b'{"executor":"javascript:pOiSoN"}', "invalid-parameter", "executor"),
        (SIGN, b'{"executor":"http://user:pOiSoN@host/"}', "invalid-parameter", "executor"),
        (SIGN, b'{"executor":"http://a\\u0000b"}', "invalid-parameter", "executor"),
        (RECEIPT, b'{"position":5,"received":1}', "invalid-parameter", "position"),
        (RECEIPT, b'{"position":"k-1","received":-1}', "invalid-parameter", "received"),
        (RECEIPT, b'{"position":"k-1","received":9223372036854775808}', "invalid-parameter", "received"),
        (SIGN, b'{"storage":"' + b"x" * 100_000 + b'"}', "too-large", ""),
    ],
)
def test_it_is_refused_and_changes_nothing(
    service: Server, run: str, route: tuple[str, str], body: bytes, type_: str, path: str
) -> None:
    service.post(run, log("1"))
    service.client.put(f"{service.url}/runs/{run}/producer", json={"produced": 7, "pending": 0})
    before = service.run(run)
    method, end = route
    headers = {"Content-Type": "application/json"}
    answer = service.client.request(method, f"{service.url}/runs/{run}/{end}", content=body, headers=headers)
    assert problem(answer) == (STATUS[type_], type_), answer.text
    assert [error["path"] for error in answer.json().get("errors", [{"path": ""}])] == [path]
    after = service.run(run)
    assert {**after, "producer": None} == {**before, "producer": None}
    assert (after["producer"]["produced"], after["producer"]["pending"]) == (7, 0)
