"""The page on a real service behind a link that is spoilt in every way: noticed, healed, nothing missing, nothing twice."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.stack import Service
from tests.faults.tcp_proxy import TcpProxy, tcp_proxy
from tests.page.conftest import OpenPage
from tests.page.on_page import notice_shows, stat_is
from tests.page.real_telemetry import post, real_telemetry
from tests.page.test_real_viewers import AWAY, EVENTS, LINES, RUN, THIRD, final_state

pytestmark = pytest.mark.page

HEALED_LIMIT_MS = 60_000
"""The browser has kept connections that are as dead as the stream, and tries them one after the other."""
Spoil = Callable[[TcpProxy], object]


@pytest.fixture
def telemetry(tmp_path: Path) -> Iterator[Service]:
    with real_telemetry(tmp_path) as service:
        yield service


def cut_and_refuse(proxy: TcpProxy) -> None:
    """Every connection is reset, and new ones get a 502 from in between."""
    proxy.answers_502 = True
    proxy.cut(reset=True)


SPOILT: dict[str, Spoil] = {
    "half-open": TcpProxy.half_open,
    "502": cut_and_refuse,
}


@pytest.mark.parametrize("how", SPOILT)
async def test_a_spoilt_link_is_noticed_and_everything_missed_comes_once(
    how: str, telemetry: Service, open_page: OpenPage
) -> None:
    async with tcp_proxy(telemetry.port) as proxy:
        page = await open_page(f"{proxy.url}/?run={RUN}", expect=(*AWAY, "502"))
        await post(telemetry, RUN, *EVENTS[:THIRD])
        await stat_is(page, "planned_calls", 12)
        SPOILT[how](proxy)
        await post(telemetry, RUN, *EVENTS[THIRD : 2 * THIRD])
        assert (await notice_shows(page, "link")).startswith("stats link down since ")
        proxy.heal()
        link = page.locator("live-stats [data-role=connection]")
        await expect(link).to_have_attribute("data-state", "live", timeout=HEALED_LIMIT_MS)
        await expect(page.locator("live-stats [data-notice=link]")).to_have_count(0)
        proxy.cut(reset=False)
        await post(telemetry, RUN, *EVENTS[2 * THIRD :])
        assert (await final_state(page))["log"] == LINES
        await expect(page.locator("live-stats [data-notice=gap]")).to_have_count(0)
