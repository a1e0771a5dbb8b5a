"""RUN as people type it: left out, shortened, whole."""

from typing import Any

import pytest

from services.cli.errors import Refused, WrongUsage
from services.cli.which_run import which_run

IDS = ["20261122-101500-aaaaaa", "20261122-091500-bbbbbb", "20261121-101500-cccccc", "nightly"]


class Known:
    """Knows these runs, and shows only some of the newest in its list."""

    def __init__(self, ids: list[str], *, listed: int = 100) -> None:
        self._ids = ids
        self._listed = listed

    async def runs(self, params: dict[str, str] | None = None) -> list[dict[str, Any]]:
        limit = min(self._listed, int((params or {}).get("limit", 100)))
        return [{"run_id": run_id} for run_id in self._ids[:limit]]

    async def run(self, run_id: str) -> dict[str, Any]:
        if run_id not in self._ids:
            raise Refused("unknown", status=404, type_="unknown-run", exit_code=64)
        return {"run_id": run_id}


async def test_left_out_it_is_the_newest() -> None:
    assert await which_run(None, Known(IDS)) == IDS[0]


async def test_a_unique_beginning_is_enough() -> None:
    assert await which_run("20261121", Known(IDS)) == IDS[2]


async def test_a_whole_id_is_that_run_even_where_another_begins_with_it() -> None:
    assert await which_run("nightly", Known(["nightly-2", *IDS])) == "nightly"


async def test_a_beginning_of_several_lists_them() -> None:
    with pytest.raises(WrongUsage) as caught:
        await which_run("20261122", Known(IDS))
    assert all(run_id in str(caught.value) for run_id in IDS[:2])
    assert IDS[2] not in str(caught.value)


async def test_one_nobody_knows_lists_the_newest() -> None:
    with pytest.raises(WrongUsage, match=IDS[0]):
        await which_run("nope", Known(IDS))


async def test_an_old_run_is_found_though_the_list_does_not_reach_back_to_it() -> None:
    assert await which_run("nightly", Known(IDS, listed=2)) == "nightly"


async def test_one_that_may_still_come_is_taken_as_it_is() -> None:
    assert await which_run("tomorrow", Known(IDS), may_come=True) == "tomorrow"


async def test_what_can_be_no_id_is_said_before_anybody_is_asked() -> None:
    with pytest.raises(WrongUsage, match="64 letters"):
        await which_run("../etc", Known(IDS), may_come=True)


async def test_without_any_run_the_way_to_one_is_said() -> None:
    with pytest.raises(WrongUsage, match="acm2 demo"):
        await which_run(None, Known([]))
