"""Whether all parts are of one build and speak one contract. Pure."""

from collections.abc import Iterator, Sequence

from services.cli.checkup.finding import Finding, well, wrong
from services.cli.checkup.service_seen import ServiceSeen

_RESTART = "start both services again (Ctrl-C where acm2 up runs, then: acm2 up) and reload open pages"


def build_findings(seen: Sequence[ServiceSeen], *, build: str, contract: str) -> Iterator[Finding]:
    """``build`` and ``contract`` are this command's own; only services that are there count."""
    there = [service for service in seen if service.there]
    if not there:
        return
    builds = {f"this command {build}": build} | {f"{one.spoken} {one.build}": one.build for one in there}
    if len(set(builds.values())) > 1:
        yield wrong("build", f"the parts are of different builds: {', '.join(builds)}", _RESTART)
    else:
        yield well("build", f"every part is of the same build, {build}")
    contracts = {f"this command {contract}": contract} | {f"{one.spoken} {one.contract}": one.contract for one in there}
    if len(set(contracts.values())) > 1:
        yield wrong("contract", f"the parts speak different contracts: {', '.join(contracts)}", _RESTART)
    else:
        yield well("contract", f"every part speaks contract {contract}")
