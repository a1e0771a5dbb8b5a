"""Who is at an address."""

from services.cli.processes.find_services import EXECUTOR_MARK, TELEMETRY_MARK, Found, who_answers
from tests.cli.fake_server import Exchange, Request, fake_server, says
from tests.free_port import free_port

METRICS = f"# HELP {TELEMETRY_MARK} Events taken.\n{TELEMETRY_MARK} 5.0\n"


async def test_a_service_is_known_by_its_metrics() -> None:
    async with fake_server() as server:
        server.on("GET", "/metrics", says(METRICS))
        assert await who_answers(server.url, TELEMETRY_MARK) is Found.OURS
        assert await who_answers(server.url, EXECUTOR_MARK) is Found.OTHER


async def test_what_answers_otherwise_is_something_else() -> None:
    async def rude(_request: Request, exchange: Exchange) -> None:
        await exchange.send(b"220 mail.example ESMTP\r\n")

    async with fake_server() as server:
        assert await who_answers(server.url, TELEMETRY_MARK) is Found.OTHER
        server.on("GET", "/metrics", rude)
        assert await who_answers(server.url, TELEMETRY_MARK) is Found.OTHER


async def test_nobody_is_nobody() -> None:
    assert await who_answers(f"http://127.0.0.1:{free_port('127.0.0.1')}", TELEMETRY_MARK) is Found.NOBODY
