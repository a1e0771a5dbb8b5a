"""Prices as a table for a terminal; what is unknown is said to be. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text

from services.cli.showing import phrases


def price_table(prices: Iterable[Mapping[str, Any]]) -> Table:
    """A row a model: dollars per million tokens in and out, and who says so."""
    table = Table(box=SIMPLE)
    table.add_column("model", overflow="fold")
    for name in ("input $/Mtok", "output $/Mtok"):
        table.add_column(name, justify="right")
    table.add_column("source", overflow="fold")
    for row in prices:
        table.add_row(
            Text(phrases.one_line(f"{row.get('provider')}/{row.get('model')}", 160)),
            _usd(row.get("input_per_mtok")),
            _usd(row.get("output_per_mtok")),
            Text(phrases.one_line("; ".join([str(row.get("source") or phrases.UNKNOWN), *_besides(row)]), 160)),
        )
    return table


def _besides(row: Mapping[str, Any]) -> Iterator[str]:
    if row.get("reason"):
        yield str(row["reason"])
    if row.get("per_request"):
        yield f"and ${row['per_request']:g} a request"
    if row.get("dearest_input_per_mtok") is not None:
        dearest_in, dearest_out = _usd(row["dearest_input_per_mtok"]), _usd(row.get("dearest_output_per_mtok"))
        yield f"now; at other times up to {dearest_in} and {dearest_out}"


def _usd(amount: float | None) -> str:
    return "unknown" if amount is None else f"{amount:g}"
