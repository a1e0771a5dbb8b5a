"""Which of the executor's runs is meant, and what to say of one that only telemetry knows."""

from services.cli.clients.executor_client import ExecutorClient
from services.cli.clients.telemetry_client import telemetry_at
from services.cli.errors import CommandError, NoSuchRun, WrongUsage
from services.cli.which_run import which_run


async def executors_run(typed: str | None, executor: ExecutorClient, telemetry_url: str) -> str:
    """The id of the run that is meant, as ``which_run``; of somebody's own run it is said whose it is."""
    try:
        return await which_run(typed, executor)
    except NoSuchRun as unknown:
        if typed is None:
            raise
        found = await _at_telemetry(typed, telemetry_url)
        if found is None:
            raise
        raise WrongUsage(
            f"{found} is known to telemetry only: no executor works on it. Another program posts its events, or the "
            f"executor's ledger was lost.\nOnly the program that posts them can stop it; watch it with: acm2 watch {found}; "
            f"where none does any more, end its log and delete it with: acm2 rm {found} --force"
        ) from unknown


async def _at_telemetry(typed: str, telemetry_url: str) -> str | None:
    try:
        async with telemetry_at(telemetry_url) as telemetry:
            return await which_run(typed, telemetry)
    except CommandError:
        # That the executor does not know it is what is said then; telemetry has nothing to add.
        return None
