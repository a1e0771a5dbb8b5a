"""Whether each preset has what its providers need: which variables are missing, never what is in one."""

import os
from typing import Any

import anyio.to_thread

from services.cli.checkup.finding import Finding, well, wrong
from services.cli.clients.executor_client import executor_at
from services.cli.presets.local_presets import local_presets

Json = dict[str, Any]


async def keys_at(executor_url: str) -> list[Finding]:
    """What the executor says of its presets."""
    async with executor_at(executor_url) as executor:
        return key_findings(await executor.presets(), "where the executor runs")


async def keys_here() -> list[Finding]:
    """What a service started from here would say."""
    return key_findings(await anyio.to_thread.run_sync(local_presets, os.environ), "here, before acm2 up")


def key_findings(presets: list[Json], where: str) -> list[Finding]:
    """One finding for each preset that cannot run, or one for all."""
    findings = []
    for preset in presets:
        name = preset.get("name")
        missing = [str(variable) for variable in preset.get("missing") or []]
        if missing:
            what = f"preset {name} cannot run: {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set"
            findings.append(wrong("keys", what, f"export {' '.join(f'{one}=...' for one in missing)} {where}"))
        mistakes = preset.get("mistakes") or []
        if mistakes:
            first = mistakes[0]
            more = f" (and {len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
            what = f"preset {name} cannot run: {first.get('path')}: {first.get('message')}{more}"
            findings.append(wrong("keys", what, "correct its file"))
    names = ", ".join(str(preset.get("name")) for preset in presets)
    return findings or [well("keys", f"every preset has what its providers need ({names or 'there is none'})")]
