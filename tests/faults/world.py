"""Everything a scenario runs in: both services as supervised processes, a provider, a spoiled link between any two."""

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import anyio
import httpx
from anyio.abc import TaskGroup

from tests.faults.evaluation import BASE_URL_VARIABLE
from tests.faults.moody_provider import MoodyProvider, moody_provider
from tests.faults.services import Service, serve_command
from tests.faults.tcp_proxy import TcpProxy, tcp_proxy
from tests.faults.timeline import Timeline
from tests.faults.viewers import Viewer, viewer_client, watch_live, watch_log, watch_many
from tests.free_port import free_port

_OURS = ("ACM2_", "FPF_", "OPENAI_", "ANTHROPIC_", "GEMINI_", "OPENROUTER_", "LOCAL_", "LAB_")
_ASK_S = 5.0
INSIST_LIMIT_S = 90.0


@dataclass
class World:
    """``chance`` decides what the scenario does; ``link_*`` are the spoiled links."""

    folder: Path
    chance: Random
    group: TaskGroup
    provider: MoodyProvider
    link_provider: TcpProxy
    link_delivery: TcpProxy
    link_viewers: TcpProxy
    telemetry: Service
    executor: Service
    client: httpx.AsyncClient
    for_viewers: httpx.AsyncClient
    timeline: Timeline = field(default_factory=Timeline)
    viewers: list[Viewer] = field(default_factory=list)

    @property
    def telemetry_store(self) -> Path:
        return self.folder / "telemetry"

    def workers(self) -> list[int]:
        """The processes of the executor's workers."""
        return [process.pid for process in self.executor.children() if _is(process, "worker")]

    def model_servers(self) -> list[int]:
        """The processes that serve the embedded model."""
        return [process.pid for process in self.executor.children() if _is(process, "local-server", "local_server")]

    async def ask(self, service: Service, path: str, method: str = "GET", body: Any = None) -> httpx.Response | None:
        """The answer, or None while the service cannot be reached."""
        try:
            return await self.client.request(method, service.url + path, json=body)
        except httpx.HTTPError:
            return None

    async def insist(self, service: Service, path: str, method: str = "GET", body: Any = None) -> httpx.Response:
        """The answer, however often it has to be asked for; the request must be repeatable."""
        deadline = time.monotonic() + INSIST_LIMIT_S
        while time.monotonic() < deadline:
            answer = await self.ask(service, path, method, body)
            if answer is not None and answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                return answer
            await anyio.sleep(0.1)
        raise TimeoutError(f"{service.name} did not answer {method} {path} for {INSIST_LIMIT_S:g} s")

    def view(self, viewer: Viewer) -> Viewer:
        """Let the viewer watch from now on."""
        self.viewers.append(viewer)
        self.group.start_soon(viewer.watch)
        return viewer

    def view_all(self, when: str, run_ids: list[str]) -> None:
        """One viewer of each kind, through the spoiled link, and one of the log past it."""
        through, past = (lambda: self.link_viewers.url), (lambda: self.telemetry.url)
        self.view(watch_log(f"log {when}", through, run_ids[0], self.for_viewers))
        self.view(watch_live(f"live {when}", through, run_ids[0], self.for_viewers))
        self.view(watch_many(f"many {when}", through, run_ids, self.for_viewers))
        self.view(watch_log(f"log {when}, past the proxy", past, run_ids[0], self.for_viewers))

    def heal(self) -> None:
        """Every link is whole again, and nobody is stopped or short of room."""
        for link in (self.link_provider, self.link_delivery, self.link_viewers):
            link.heal()
        self.provider.mood.trouble = 0.0

    def log_tail(self) -> str:
        """The end of both services' logs, for whoever looks into a failure."""
        tails = [
            f"--- {service.name}\n{service.log.read_text()[-2500:]}"
            for service in (self.executor, self.telemetry)
            if service.log.exists()
        ]
        return "\n".join(tails)


def _is(process: Any, *words: str) -> bool:
    try:
        command = process.cmdline()
    except Exception:  # noqa: BLE001 - a process that has just gone is none of what is looked for
        return False
    return any(word in command for word in words)


@asynccontextmanager
async def open_world(folder: Path, chance: Random, **environment: str) -> AsyncIterator[World]:
    """The whole system below the folder, both services started; ended with the block, nothing left behind."""
    ports = free_port(), free_port()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    async with (
        moody_provider(Random(chance.random())) as provider,
        tcp_proxy(provider.port) as link_provider,
        tcp_proxy(ports[0]) as link_delivery,
        tcp_proxy(ports[0]) as link_viewers,
        httpx.AsyncClient(trust_env=False, timeout=_ASK_S) as client,
        viewer_client() as for_viewers,
        anyio.create_task_group() as group,
    ):
        env = {**clean, "PYTHONUNBUFFERED": "1", BASE_URL_VARIABLE: f"{link_provider.url}/v1", **environment}

        def after() -> float:
            return chance.uniform(0.0, 0.5)

        telemetry = Service(
            "telemetry", ports[0], serve_command("telemetry", ports[0], folder), env, folder / "telemetry.log", after
        )
        executor = Service(
            "executor",
            ports[1],
            serve_command("executor", ports[1], folder, "--telemetry-url", link_delivery.url),
            {**env, "ACM2_TELEMETRY_PUBLIC_URL": link_viewers.url},
            folder / "executor.log",
            after,
        )
        world = World(
            folder, chance, group, provider, link_provider, link_delivery, link_viewers,
            telemetry, executor, client, for_viewers,
        )  # fmt: skip
        try:
            for service in (telemetry, executor):
                group.start_soon(service.run)
            yield world
        finally:
            with anyio.CancelScope(shield=True):
                world.heal()
                await executor.stop()
                await telemetry.stop()
            group.cancel_scope.cancel()
