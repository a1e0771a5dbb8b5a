"""``compose.yaml`` without a container engine: the same commands with the same environment, as processes.

Ports, folders and names of the containers' network become ones of this machine; everything else is as it stands.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.e2e.configs import judged
from tests.e2e.provider import scripted_provider
from tests.e2e.stack import Service, Stack
from tests.free_port import free_port

ROOT = Path(__file__).parent.parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (ROOT / "services" / "Dockerfile").read_text()


class Machine:
    """What stands for the containers' network, ports and volumes here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = {str(port): str(free_port()) for port in (8002, 8003)}

    def here(self, text: str, service: str) -> str:
        for there, port in self.ports.items():
            text = text.replace(there, port)
        for name in SERVICES:
            text = text.replace(f"http://{name}:", "http://127.0.0.1:")
        return text.replace("0.0.0.0", "127.0.0.1").replace("/data", str(self.folder / service))

    def service(self, name: str, **more: str) -> Service:
        said = SERVICES[name]
        environment = {key: self.here(value, name) for key, value in said["environment"].items() if value is not None}
        kept = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
        command = [self.here(word, name) for word in said["command"]]
        port = int(command[command.index("--port") + 1])
        acm2 = [sys.executable, "-m", "services.cli"]
        return Service(name, port, [*acm2, *command], kept | environment | more, self.folder / f"{name}.log")

    def health(self, name: str) -> int:
        """The exit code of the service's own health check."""
        kind, *words = SERVICES[name]["healthcheck"]["test"]
        assert kind == "CMD"
        command = [sys.executable if word == "python" else self.here(word, name) for word in words]
        return subprocess.run(command, check=False, capture_output=True).returncode


@contextmanager
def composed(machine: Machine, **more: str) -> Iterator[Stack]:
    stack = Stack(machine.folder, machine.service("telemetry"), machine.service("executor", **more))
    started = []
    try:
        for service in (stack.telemetry, stack.executor):
            service.start()
            started.append(service)
        yield stack
    finally:
        stack.client.close()
        for service in reversed(started):
            service.stop()


@pytest.mark.e2e
def test_both_services_come_up_healthy_and_talk_to_each_other(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    assert machine.health("telemetry") != 0
    with scripted_provider("ok") as lab, composed(machine, LAB_BASE_URL=lab.base_url) as stack:
        assert {name: machine.health(name) for name in SERVICES} == {"telemetry": 0, "executor": 0}
        run_id = stack.start_run(judged("lab", documents=1))
        stack.wait_for(run_id, {"completed"})
        last = stack.watch(run_id)[-1]
        assert (last.event, last.data["status"], last.data["complete"]) == ("end", "completed", True)
        assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["executor", "telemetry"]


@pytest.mark.e2e
def test_links_are_for_browsers_and_the_containers_names_are_known(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    with scripted_provider("ok") as lab, composed(machine, LAB_BASE_URL=lab.base_url) as stack:
        answer = stack.client.post(f"{stack.executor.url}/runs", json={"config": judged("lab", documents=1)})
        links = answer.json()["links"]
        assert links["page"].startswith(f"http://localhost:{stack.telemetry.port}/?run=")
        assert links["self"].startswith(f"http://localhost:{stack.executor.port}/runs/")
        for service in (stack.telemetry, stack.executor):
            for name, status in ((service.name, 200), ("localhost", 200), ("stranger.example", 403)):
                asked = httpx.get(f"{service.url}/runs", headers={"Host": f"{name}:{service.port}"})
                assert asked.status_code == status, (service.name, name)
        stack.wait_for(answer.json()["run_id"], {"completed"})


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_keeps_its_data_and_is_published_on_loopback_only(name: str) -> None:
    said = SERVICES[name]
    volume, _, target = said["volumes"][0].partition(":")
    assert volume in COMPOSE["volumes"]
    assert target == said["environment"]["ACM2_DATA_DIR"] == "/data"
    assert all(port.startswith("127.0.0.1:") for port in said["ports"])
    assert int(said["stop_grace_period"].removesuffix("s")) > 25


def test_the_image_is_pinned_unprivileged_and_made_of_what_is_here() -> None:
    lines = [line.split() for line in DOCKERFILE.splitlines() if line and not line.startswith("#")]
    assert {line[1] for line in lines if line[0] == "FROM"} == {"python:3.11-slim"}
    assert [line[1] for line in lines if line[0] == "USER"][-1] not in {"root", "0"}
    copied = [word for line in lines if line[0] == "COPY" and not line[1].startswith("--") for word in line[1:-1]]
    assert copied
    ignored = (ROOT / "services" / "Dockerfile.dockerignore").read_text().splitlines()
    for name in copied:
        assert (ROOT / name).exists(), name
        assert any(line.startswith("!") and Path(name).match(line[1:]) for line in ignored), name
