"""Who beats whom, as tables: documents within their input, winners, judges of pairs. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from services.cli.showing import phrases
from services.cli.showing.model_name import model_name
from services.cli.showing.tables import table, words

Json = Mapping[str, Any]

_NAMED = 5

_BY = {
    "post_combine": "by comparison with what was combined",
    "pairwise": "by comparison",
    "score": "by score",
}
"""What made a document the winner of its input."""


def ranking_table(title: str, rows: Sequence[Json]) -> Table:
    """A row a document, best first within its input."""
    made = table(title, ["document"], ["rating", "95 %", "won", "lost", "tied", "wins"])
    for _, group in groupby(rows, key=lambda row: row.get("input")):
        for row in group:
            made.add_row(words(row.get("document")), *_standing(row))
        made.add_section()
    return made


def ranking_notes(rows: Sequence[Json]) -> Iterator[Text]:
    """What a rating does not say of itself."""
    if any(row.get("bounded") is False for row in rows):
        text = "~ has won or lost against all others: no finite rating exists, a weak prior keeps the number readable"
        yield Text(text, style="yellow")
    for name, group in groupby(rows, key=lambda row: row.get("input")):
        split = [row for row in group if row.get("connected") is False]
        if split:
            parts = len({row.get("component") for row in split})
            what = f"{parts} parts of {name}" if parts > 1 else f"documents of {name}"
            yield Text(
                f"{phrases.one_line(what)} were never compared with each other: their ratings cannot be held against "
                "one another",
                style="yellow",
            )


def unranked_notes(rows: Sequence[Json]) -> Iterator[Text]:
    """Documents nobody compared, by reason."""
    reasons: dict[str, list[str]] = {}
    for row in rows:
        reasons.setdefault(str(row.get("reason")), []).append(str(row.get("document")))
    for reason, documents in reasons.items():
        named = ", ".join(documents[:_NAMED]) + (f" and {len(documents) - _NAMED} more" if documents[_NAMED:] else "")
        yield Text(f"not compared, {phrases.one_line(reason)}: {phrases.one_line(named)}")


def winner_lines(winners: Sequence[Json]) -> Iterator[Text]:
    """The best document of each input, what made it so, and who is just as good."""
    for row in winners:
        of = f"winner  {phrases.one_line(str(row.get('input')), 100)}: "
        if not row.get("document"):
            yield Text(f"{of}nobody can say")
            continue
        by = _BY.get(str(row.get("by")), str(row.get("by") or ""))
        tied = ", ".join(str(name) for name in row.get("tied") or [])
        also = f"; just as good: {phrases.one_line(tied)}" if tied else ""
        yield Text(f"{of}{phrases.one_line(str(row['document']), 200)}, {by}{also}")


def pair_judges(results: Json) -> Iterator[RenderableType]:
    """How judges of pairs judge: whether they agree with the majority, and whether they prefer what they see first."""
    bias, agreement = results.get("position_bias") or {}, results.get("agreement") or {}
    agreeing = {_key(row.get("judge")): row for row in agreement.get("judges") or []}
    rows = bias.get("judges") or []
    if rows:
        made = table("judges of pairs", ["judge"], ["agrees", "first won", "95 %", "same place"])
        for row in rows:
            with_majority = agreeing.get(_key(row.get("judge"))) or {}
            made.add_row(
                words(model_name(row.get("judge"))),
                _share_of(with_majority),
                phrases.percent(row.get("first_share")),
                phrases.interval(row.get("low"), row.get("high"), phrases.percent),
                f"{phrases.count(row.get('inconsistent'))} of {phrases.count(row.get('both_orders'))}",
            )
        yield made
    for row in agreement.get("between") or []:
        one, other = (model_name(judge) for judge in row.get("judges") or ("", ""))
        yield Text(f"agreement  {one} and {other}: {_share_of(row)}")
    overall = bias.get("overall")
    if overall and overall.get("first_share") is not None:
        share = phrases.percent(overall["first_share"])
        span = phrases.interval(overall.get("low"), overall.get("high"), phrases.percent)
        found = "a position bias" if overall.get("biased") else "no position bias to be seen"
        text = f"position   what is shown first won {share} ({span}): {found}; both orders are asked"
        yield Text(text, style="yellow" if overall.get("biased") else "")


def rating(row: Json, name: str = "rating") -> str:
    """A rating, marked where no finite one exists."""
    value = row.get(name)
    return phrases.UNKNOWN if value is None else f"{'~' if row.get('bounded') is False else ''}{value:+.2f}"


def _standing(row: Json) -> Iterator[str]:
    yield rating(row)
    yield phrases.interval(row.get("low"), row.get("high"), "{:+.2f}".format, row.get("no_interval"))
    for name in ("wins", "losses", "ties"):
        yield phrases.count(row.get(name))
    yield phrases.percent(row.get("win_rate"))


def _share_of(row: Json) -> str:
    if row.get("share") is None:
        return phrases.UNKNOWN
    return f"{phrases.percent(row['share'])} of {phrases.count(row.get('compared'))}"


def _key(judge: Any) -> str:
    return repr(sorted(judge.items(), key=str)) if isinstance(judge, Mapping) else str(judge)
