"""The prices an executor started from here would know."""

from collections.abc import Mapping
from pathlib import Path

import structlog

from services.executor.adapters.pricing.price_file import PriceFileError, read_price_file
from services.executor.adapters.pricing.prices import PriceList

log = structlog.get_logger()


def own_prices(environ: Mapping[str, str]) -> PriceList:
    """The list, under your own file where there is one; a file that cannot be used stops the executor, not this."""
    path = environ.get("ACM2_PRICES_FILE")
    try:
        return PriceList(read_price_file(Path(path) if path else None))
    except PriceFileError as error:
        log.warning("prices of your own are left out", why=str(error))
        return PriceList()
