"""Clients we did not write follow a run over two restarts, directly and through a real nginx, and miss nothing.

All of them follow the same run while a producer keeps posting; the service is told to stop once, with its farewell, and
killed once.
"""

import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.clients.followers import COMMANDS, BrowserFollower, Follower, ProcessFollower, Seen
from tests.clients.producer import Producer
from tests.clients.proxy import nginx
from tests.free_port import free_port
from tests.proofs import is_there, needs
from tests.telemetry.server import Server

pytestmark = [pytest.mark.e2e, pytest.mark.page]

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
BROWSER = "EventSource"
NEEDS = {"curl": ["curl"], "eventsource": ["node", "eventsource"], BROWSER: ["chromium"]}
CLIENTS = [*COMMANDS, BROWSER]
WAYS = ["direct", "nginx"]
STEP_EVENTS = 60
"""So many events go by between one thing that happens and the next."""


@dataclass
class Story:
    """What was stored, what each client has seen of it, and how the browser's page had to help itself."""

    stored: list[str] = field(default_factory=list)
    seen: dict[tuple[str, str], Seen] = field(default_factory=dict)
    opened: dict[str, int] = field(default_factory=dict)
    resent: int = 0
    complete: bool | None = None


def can_run(client: str, way: str) -> bool:
    return all(map(is_there, [*NEEDS.get(client, []), *(["nginx"] if way == "nginx" else [])]))


@dataclass
class Stage:
    """A service at an address that stays the same, its followers, and a producer that goes on whatever happens."""

    server: Server
    producer: Producer
    followers: dict[tuple[str, str], Follower]

    def let_events_go_by(self) -> None:
        wanted = self.producer.acknowledged + STEP_EVENTS
        for who, follower in self.followers.items():
            self.server.wait_until(f"{who} has seen {wanted} events", lambda one=follower: len(one.seen()) >= wanted)

    def restart(self, number: signal.Signals) -> None:
        """End the service; start it again when a proxy has told the browser that it is away."""
        proxied = self.followers.get((BROWSER, "nginx"))
        opened = proxied.opened() if isinstance(proxied, BrowserFollower) else 0
        self.server.stop(number)
        if isinstance(proxied, BrowserFollower):
            # One that was told 502 stays closed: without help it would never come back.
            self.server.wait_until("EventSource was told 502", lambda: proxied.opened() > opened)
        self.server.start()

    def play(self) -> None:
        self.producer.start()
        self.let_events_go_by()
        for number in (signal.SIGTERM, signal.SIGKILL):
            self.restart(number)
            self.let_events_go_by()
        self.producer.finish()
        for who, follower in self.followers.items():
            self.server.wait_until(f"{who} has stopped", follower.is_over)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, clean_environment: None) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("clients")
    server = Server(folder, {"ACM2_TELEMETRY_PORT": str(free_port())})
    with ExitStack() as cleanup:
        cleanup.callback(server.close)
        server.start()
        ways = {"direct": server.url}
        if is_there("nginx"):
            ways["nginx"] = cleanup.enter_context(nginx(folder / "nginx", server.url))
        stage = Stage(server, Producer(f"{server.url}/runs/story/events"), {})
        cleanup.callback(stage.producer.stop)
        browser = _browser(cleanup) if is_there("chromium") else None
        for way, url in ways.items():
            for client in CLIENTS:
                if can_run(client, way):
                    follower = _follow(client, way, f"{url}/runs/story/events", browser, folder)
                    stage.followers[client, way] = follower
                    if isinstance(follower, ProcessFollower):
                        cleanup.callback(follower.close)
        stage.play()
        yield _told(stage)


def _browser(cleanup: ExitStack) -> Browser:
    playwright = cleanup.enter_context(sync_playwright())
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
    cleanup.callback(browser.close)
    return browser


def _follow(client: str, way: str, url: str, browser: Browser | None, folder: Path) -> Follower:
    if client != BROWSER or browser is None:
        return ProcessFollower(client, url, folder / f"{client}-{way}")
    page = browser.new_page()
    page.goto(f"{url.partition('/runs/')[0]}/openapi.json")
    page.add_script_tag(path=Path(__file__).parent / "follow_with_browser.js")
    return BrowserFollower(page, way, url)


def _told(stage: Stage) -> Story:
    answer = stage.server.get("/runs/story/events", Accept="application/x-ndjson")
    story = Story(stored=answer.text.splitlines(), resent=stage.producer.resent)
    story.complete = stage.server.run("story")["complete"]
    for (client, way), follower in stage.followers.items():
        story.seen[client, way] = follower.seen()
        if isinstance(follower, BrowserFollower):
            story.opened[way] = follower.opened()
    return story


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("client", CLIENTS)
def test_it_saw_every_stored_line_once_and_in_order_over_both_restarts_and_stopped(
    story: Story, client: str, way: str
) -> None:
    for name in [*NEEDS.get(client, []), *(["nginx"] if way == "nginx" else [])]:
        needs(name, f"{client} follows a run over restarts, {way}")
    assert [line for _, line in story.seen[client, way]] == story.stored
    assert [id_ for id_, _ in story.seen[client, way]] == [f"k3v9-{seq}" for seq in range(1, len(story.stored) + 1)]


def test_what_the_producer_sent_again_is_stored_once(story: Story) -> None:
    assert story.resent > 0, "the restarts were never noticed: this proves nothing"
    assert story.complete is True


def test_plain_eventsource_comes_back_by_itself_where_no_proxy_answers_for_the_service(story: Story) -> None:
    needs("chromium", "EventSource reconnects by itself")
    assert story.opened["direct"] == 1


def test_after_a_proxys_502_eventsource_stays_closed_and_a_new_one_goes_on_from_its_place(story: Story) -> None:
    needs("chromium", "EventSource behind a proxy")
    needs("nginx", "EventSource behind a proxy")
    assert story.opened["nginx"] >= 3
