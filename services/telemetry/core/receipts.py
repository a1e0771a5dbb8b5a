"""What pages say they got: the last hop, accounted by those who look. Source: CONTRACT section 3, receipts."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from shared.ids import parse_position

_Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
MAX_POSITION_CHARS = 4096


class Receipt(Struct):
    """A page's account: the position of its newest event, how many came, how many it could not read, or draw."""

    received: _Count
    position: Annotated[str, Meta(max_length=MAX_POSITION_CHARS)] | None = None
    unreadable: _Count = 0
    draw_faults: _Count = 0

    @property
    def is_faulty(self) -> bool:
        """Whether something that was sent could not be shown."""
        return self.unreadable > 0 or self.draw_faults > 0


class Receipts:
    """The receipts of one run: how many there were, and the newest; so it takes the same room however many come."""

    __slots__ = ("ahead", "count", "faulty", "newest")

    def __init__(self) -> None:
        self.count = 0
        self.faulty = 0
        self.ahead = 0
        """Receipts for events this log does not have: it has lost them."""
        self.newest: Receipt | None = None

    def take(self, receipt: Receipt, *, epoch: str | None, high: int) -> None:
        """Take in the next one."""
        self.count += 1
        self.faulty += receipt.is_faulty
        position = parse_position(receipt.position) if receipt.position else None
        self.ahead += position is not None and (position.epoch != epoch or position.seq > high)
        self.newest = receipt

    @property
    def received(self) -> int | None:
        """Events that the page that spoke last has got; None before any spoke."""
        return self.newest.received if self.newest else None

    def facts(self) -> dict[str, Any]:
        """As ``GET /runs/{id}`` shows them."""
        return {
            "count": self.count,
            "position": self.newest.position if self.newest else None,
            "received": self.received,
            "faulty": self.faulty,
            "ahead": self.ahead,
        }
