"""A check-up of two services, with deadlines a test can wait for."""

from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import anyio

from services.cli.checkup.deadlines import Deadlines
from services.cli.checkup.examine import Surroundings, examine
from services.cli.checkup.finding import Finding
from services.cli.clients.addresses import addresses
from tests.cli.healthy import BUILD, Pair

SHORT = Deadlines(answer_s=2.0, stream_s=1.5, delivery_s=0.3, sweep_s=5.0)


async def found(pair: Pair, folder: Path, **more: Any) -> list[Finding]:
    findings: list[Finding] = []
    around = Surroundings(
        where=addresses(pair.executor.url, pair.telemetry.url),
        data_dir=folder,
        min_free_bytes=0,
        rng=Random(1),
        deadlines=SHORT,
        build=lambda: BUILD,
    )
    with anyio.fail_after(60):
        await examine(replace(around, **more), findings.append)
    return findings


def wrong(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if not finding.ok]
