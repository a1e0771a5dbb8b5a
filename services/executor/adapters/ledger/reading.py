"""A look into the ledger: what stands in the way of it is an error of ours, with the driver's words and no values."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import anyio.lowlevel
import msgspec
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.executor.adapters.ledger.trouble import said
from services.executor.errors import LedgerUnreadableError

LOOK_LIMIT_S = 30.0


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection for one look; raises ``LedgerUnreadableError`` when the ledger cannot be read."""
    await anyio.lowlevel.checkpoint()
    # A look that is cut off leaves its connection open behind everybody's back, and closing the database waits for it.
    with anyio.move_on_after(LOOK_LIMIT_S, shield=True) as limit:
        try:
            async with engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise LedgerUnreadableError(f"the executor cannot read its ledger: {said(error)}") from error
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise LedgerUnreadableError("the executor cannot read its ledger: a row of it is damaged") from error
    if limit.cancelled_caught:
        raise LedgerUnreadableError(f"the executor cannot read its ledger: no answer within {LOOK_LIMIT_S:g} s")
