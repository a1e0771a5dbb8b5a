"""The URL table."""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from services.executor.web.answers import HANDLERS
from services.executor.web.calls import CallRoutes
from services.executor.web.library import LibraryRoutes
from services.executor.web.presets import PresetRoutes
from services.executor.web.prices import PriceRoutes
from services.executor.web.results import ResultRoutes
from services.executor.web.runs import RunRoutes
from services.executor.web.service import ServiceRoutes
from services.pages.site import Static
from services.process.guard import Door, Guard
from shared import paths

Endpoint = Callable[[Request], Awaitable[Response]]


def application(
    *,
    runs: RunRoutes,
    calls: CallRoutes,
    results: ResultRoutes,
    presets: PresetRoutes,
    library: LibraryRoutes,
    prices: PriceRoutes,
    service: ServiceRoutes,
    door: Door,
) -> Starlette:
    """The executor's routes behind the guard."""
    return Starlette(
        routes=[
            _path(paths.PRESETS, GET=presets.list, POST=presets.make),
            _path(paths.PRESET, GET=presets.show, PUT=presets.replace, DELETE=presets.delete),
            _path(paths.PRESET_SCHEMA, GET=presets.schema),
            _path(paths.LIBRARY, GET=library.list),
            _path(paths.LIBRARY_ITEM, GET=library.show, PUT=library.replace, DELETE=library.delete),
            _path(paths.PRICES, GET=prices.list),
            _path(paths.PLAN, POST=runs.plan),
            _path(paths.RUNS, GET=runs.list, POST=runs.start),
            _path(paths.RUN, GET=runs.show, DELETE=runs.delete),
            _path(paths.CANCEL, POST=runs.cancel),
            _path(paths.PAUSE, POST=runs.pause),
            _path(paths.RESUME, POST=runs.resume),
            _path(paths.EVENTS, GET=runs.redirect),
            _path(paths.LIVE, GET=runs.redirect),
            _path(paths.CALLS, GET=calls.list),
            _path(paths.CALL, GET=calls.show),
            _path(paths.RESULTS, GET=results.results),
            _path(paths.EXPORT, GET=results.export),
            _path(paths.COMPARE, GET=results.compare),
            _path(paths.DOCUMENT, GET=results.document),
            _path(paths.HEALTH_LIVE, GET=service.live),
            _path(paths.HEALTH_READY, GET=service.ready),
            _path(paths.METRICS, GET=service.metrics),
            _path(paths.OPENAPI, GET=service.openapi),
            _path(paths.PAGE, GET=service.page),
            Mount(paths.STATIC, Static()),
        ],
        exception_handlers=HANDLERS,
        middleware=[Middleware(Guard, door=door)],
    )


def _path(path: str, **by_method: Endpoint) -> Route:
    """One path with all its methods: whoever asks with another is told every one there is."""

    async def answer(request: Request) -> Response:
        return await by_method["GET" if request.method == "HEAD" else request.method](request)

    return Route(path, answer, methods=list(by_method))
