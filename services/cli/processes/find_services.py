"""Who answers at an address: an ACM2 service, something else, or nobody."""

from enum import Enum

import httpx

from services.cli.clients.addresses import is_local
from shared import paths

_ANSWER_WITHIN_S = 3.0

TELEMETRY_MARK = "acm2_events_accepted_total"
EXECUTOR_MARK = "acm2_ledger_pending"
"""Metrics only this service has: their names are part of the public contract, so any build is recognised."""


class Found(Enum):
    """What is at an address."""

    OURS = "ours"
    OTHER = "other"
    NOBODY = "nobody"


async def who_answers(base_url: str, mark: str) -> Found:
    """Whether the service whose metrics hold ``mark`` answers at this address."""
    try:
        async with httpx.AsyncClient(trust_env=not is_local(base_url), timeout=_ANSWER_WITHIN_S) as client:
            response = await client.get(base_url + paths.METRICS)
    except httpx.ConnectError:
        return Found.NOBODY
    except (httpx.HTTPError, httpx.InvalidURL):
        # Somebody took the connection and did not answer as an HTTP server does.
        return Found.OTHER
    return Found.OURS if response.is_success and mark in response.text else Found.OTHER
