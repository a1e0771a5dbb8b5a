"""Whether every event a producer calls delivered is here. Source: CONTRACT section 3, ``accounting``.

The producer counts an event as delivered only after our answer, and our answer follows the commit; so at the moment its
sign of life is read, what it calls delivered is never more than what is stored, whatever was restarted meanwhile. A
sign that comes late says less, not more. What is missing at that moment is lost, until the producer sends it again.
"""

from typing import Any

from services.telemetry.core.numbering import Numberer
from services.telemetry.core.producer import SignOfLife


def unaccounted(said: SignOfLife | None, *, by: Numberer | None, stored: int, refused: int) -> int | None:
    """Events that were delivered by the producer's account and are not stored; None while it has given none.

    In a run numbered by its producer every number is an event, whatever became of it. Where the service numbers,
    refused events (``refused``: those that are lost, and what the producer reports as dropped) have none.
    """
    if said is None or said.produced is None or said.pending is None:
        return None
    here = stored if by == "producer" else stored + refused
    return max(0, said.produced - said.pending - here)


def accounting_facts(
    said: SignOfLife | None, *, unaccounted_events: int | None, stored: int, fanned_out: int, received: int | None
) -> dict[str, Any]:
    """``accounting`` of ``GET /runs/{id}``; unknown is null."""
    return {
        "produced": said.produced if said else None,
        "pending": said.pending if said else None,
        "stored": stored,
        "unaccounted": unaccounted_events,
        "fanned_out": fanned_out,
        "received": received,
    }
