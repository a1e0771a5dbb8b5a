"""``acm2 doctor``: the whole way checked, each thing in one line, with what to do about it."""

from dataclasses import asdict
from functools import partial
from random import Random

import anyio
from pydantic import ByteSize, TypeAdapter, ValidationError

from services.cli import options
from services.cli.checkup.examine import Surroundings, examine
from services.cli.checkup.finding import Finding
from services.cli.clients.addresses import EXECUTOR_PORT, TELEMETRY_PORT, addresses
from services.cli.errors import WrongUsage
from services.cli.showing.consoles import consoles, print_json
from services.cli.showing.finding_line import MARK_CHARS, finding_line
from services.process.exit_codes import OK, UNREACHABLE, UNWELL

_MIN_FREE_BYTES = 256 * 1024 * 1024


def doctor(
    *,
    json: options.Json = False,
    executor_url: options.ExecutorUrl = None,
    telemetry_url: options.TelemetryUrl = None,
    executor_port: options.ExecutorPort = EXECUTOR_PORT,
    telemetry_port: options.TelemetryPort = TELEMETRY_PORT,
    data_dir: options.DataDir = None,
    min_free: options.MinFree = None,
) -> int:
    """Check the whole way, from a run to your screen, and say what to mend.

    Looks at both services, their builds, clocks, ports and who can reach them, the data folder and its disk, the keys
    each preset needs, and the pages; then sends a run that asks nobody and costs nothing from the executor through
    telemetry and back by a stream, compares what came with what was sent, and deletes it again. It works without
    services too, as far as it gets. Exit code: 0 all is well, 1 something is wrong, 69 a service cannot be reached.
    """
    around = Surroundings(
        where=addresses(executor_url, telemetry_url, executor_port=executor_port, telemetry_port=telemetry_port),
        data_dir=data_dir,
        min_free_bytes=_bytes(min_free),
        rng=Random(),
    )
    findings: list[Finding] = []
    shown = consoles()

    def tell(finding: Finding) -> None:
        findings.append(finding)
        if not json:
            shown.wrapped(finding_line(finding), MARK_CHARS)

    anyio.run(partial(examine, around, tell))
    if json:
        print_json({"ok": all(finding.ok for finding in findings), "findings": [asdict(one) for one in findings]})
    return exit_code(findings)


def _bytes(text: str | None) -> int:
    """The size that was said, like ``256MiB``; raises ``WrongUsage`` for what is none."""
    try:
        return _MIN_FREE_BYTES if text is None else int(TypeAdapter(ByteSize).validate_python(text))
    except ValidationError as error:
        raise WrongUsage(f"--min-free {text}: must be bytes, or a size like 256MiB") from error


def exit_code(findings: list[Finding]) -> int:
    """0 where all is well, 69 where a service cannot be reached, else 1."""
    if any(finding.unreachable for finding in findings):
        return UNREACHABLE
    return OK if all(finding.ok for finding in findings) else UNWELL
