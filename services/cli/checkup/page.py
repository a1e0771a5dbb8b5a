"""Whether the page is where a browser is sent: the document, its scripts, and the build they are of."""

import re
from urllib.parse import urljoin, urlsplit

from services.cli.checkup.finding import Finding, well, wrong
from services.cli.clients.http_service import HttpService, connect
from services.cli.errors import Unreachable
from shared import paths

_BUILD = re.compile(r'<meta name="acm2-build" content="([^"]*)"')
_SCRIPT = re.compile(r'<script[^>]*\ssrc="([^"]+)"')
_ELEMENT_SCRIPTS = (paths.LIVE_STATS_JS.removeprefix("/"),)


async def page(name: str, base_url: str, build: str | None, *, also: tuple[str, ...] = ()) -> list[Finding]:
    """What is to be said of the page at this address; ``build`` is the service's, ``also`` names further scripts."""
    findings = []
    async with connect(name, base_url) as service:
        try:
            answer = await service.raw(paths.PAGE)
        except Unreachable as error:
            mend = "set ACM2_TELEMETRY_PUBLIC_URL (the executor: ACM2_PUBLIC_URL) to the address browsers use"
            return [wrong("page", f"{name} cannot be reached where links lead: {error}", mend, unreachable=True)]
        found = _BUILD.search(answer.text)
        if not answer.is_success or found is None:
            what = f"{base_url}/ is not {name} (HTTP {answer.status_code})"
            return [wrong("page", what, "is there a proxy in between that sends somewhere else?")]
        if build is not None and found[1] != build:
            what = f"{name} at {base_url}/ is of build {found[1]}, its service of {build}"
            findings.append(wrong("page", what, "is there a cache in between? it must not keep pages"))
        for script in [*_SCRIPT.findall(answer.text), *also]:
            findings += await _script(service, urljoin("/", script))
    return findings or [well("page", f"{name} is at {base_url}/, with its scripts, of build {found[1]}")]


async def live_page(base_url: str, build: str | None) -> list[Finding]:
    """The page that shows runs, and the element for other pages."""
    return await page("the live page", base_url, build, also=_ELEMENT_SCRIPTS)


async def execute_page(base_url: str, build: str | None) -> list[Finding]:
    """The page that starts runs."""
    return await page("the Execute page", base_url, build)


async def _script(service: HttpService, path: str) -> list[Finding]:
    answer = await service.raw(urlsplit(path).path)
    kind = answer.headers.get("content-type", "")
    if answer.is_success and "javascript" in kind:
        return []
    what = f"the page's script {service.base_url}{path} is not there (HTTP {answer.status_code}, {kind or 'no type'})"
    return [wrong("page", what, "is the installation whole? make setup; is there a proxy in between?")]
