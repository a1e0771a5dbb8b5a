"""No web page of a stranger can spend somebody's money or read somebody's run."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from services.process.guard import Door, Guard

OWN = "127.0.0.1:8003"
FOREIGN = "https://evil.example"


async def fine(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("fine")


def client(door: Door) -> httpx.AsyncClient:
    app = Starlette(routes=[Route("/{path:path}", fine, methods=["GET", "POST", "PUT", "DELETE"])])
    return httpx.AsyncClient(transport=httpx.ASGITransport(Guard(app, door=door)), base_url=f"http://{OWN}")


DOOR = Door(hosts=frozenset({"acm2.example.org"}), also=frozenset({"https://acm2.example.org"}))


@pytest.mark.parametrize(
    "host", [OWN, "localhost:1", "[::1]:8003", "127.0.0.2", "acm2.example.org", "ACM2.example.org:443"]
)
async def test_known_hosts_are_served_with_and_without_port(host: str) -> None:
    async with client(DOOR) as http:
        assert (await http.get("/runs", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "", "acm2.example.org.evil", "[bad", "evil@localhost", "localhost@evil"],
)
async def test_an_unknown_host_is_refused_whatever_it_asks(host: str) -> None:
    async with client(DOOR) as http:
        answer = await http.get("/runs", headers={"Host": host})
        assert answer.status_code == 403
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"].endswith("/forbidden")


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics"])
async def test_probes_are_exempt_from_the_host_check(path: str) -> None:
    async with client(DOOR) as http:
        assert (await http.get(path, headers={"Host": "10.0.0.7:8003"})).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("origin", [FOREIGN, "null", "file://", "http://127.0.0.1.evil.example", "http://[bad"])
async def test_a_foreign_page_changes_nothing(method: str, origin: str) -> None:
    async with client(DOOR) as http:
        assert (await http.request(method, "/runs", headers={"Origin": origin})).status_code == 403


@pytest.mark.parametrize(
    "origin", [f"http://{OWN}", "http://localhost:5173", "http://[::1]:8002", "https://acm2.example.org"]
)
async def test_own_loopback_and_public_origins_are_not_foreign(origin: str) -> None:
    async with client(DOOR) as http:
        answer = await http.post("/runs", headers={"Origin": origin})
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == origin
        assert "origin" in answer.headers["vary"].lower()


async def test_a_foreign_page_may_ask_but_its_browser_shows_it_nothing() -> None:
    async with client(DOOR) as http:
        answer = await http.get("/runs", headers={"Origin": FOREIGN})
        assert "access-control-allow-origin" not in answer.headers


async def test_the_element_is_open_to_every_page() -> None:
    async with client(DOOR) as http:
        answer = await http.get("/static/live-stats.js", headers={"Origin": FOREIGN})
        assert answer.headers["access-control-allow-origin"] == "*"


async def test_preflight_lets_a_chosen_page_resume_a_stream_and_leave_its_receipt() -> None:
    async with client(Door(hosts=frozenset(), cors_origins=frozenset({FOREIGN}))) as http:
        for path, method in (("/runs/r/live", "GET"), ("/runs/r/receipts", "POST")):
            headers = {"Origin": FOREIGN, "Access-Control-Request-Method": method}
            answer = await http.options(path, headers=headers)
            assert answer.status_code == 204
            assert "Last-Event-ID" in answer.headers["access-control-allow-headers"]
        headers = {"Origin": FOREIGN, "Access-Control-Request-Method": "POST"}
        assert (await http.options("/runs/r/events", headers=headers)).status_code == 403


async def test_chosen_origins_replace_the_default_ones() -> None:
    async with client(Door(hosts=frozenset(), cors_origins=frozenset({FOREIGN}))) as http:
        assert (await http.post("/x", headers={"Origin": "http://localhost:5173"})).status_code == 403
        assert (await http.post("/x", headers={"Origin": f"http://{OWN}"})).status_code == 200
