"""The URL table."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
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
    get, post = ["GET"], ["POST"]
    return Starlette(
        routes=[
            Route(paths.PRESETS, presets.list, methods=get),
            Route(paths.PRESETS, presets.make, methods=post),
            Route(paths.PRESET, presets.show, methods=get),
            Route(paths.PRESET, presets.replace, methods=["PUT"]),
            Route(paths.PRESET, presets.delete, methods=["DELETE"]),
            Route(paths.PRESET_SCHEMA, presets.schema, methods=get),
            Route(paths.LIBRARY, library.list, methods=get),
            Route(paths.LIBRARY_ITEM, library.show, methods=get),
            Route(paths.LIBRARY_ITEM, library.replace, methods=["PUT"]),
            Route(paths.LIBRARY_ITEM, library.delete, methods=["DELETE"]),
            Route(paths.PRICES, prices.list, methods=get),
            Route(paths.PLAN, runs.plan, methods=post),
            Route(paths.RUNS, runs.start, methods=post),
            Route(paths.RUNS, runs.list, methods=get),
            Route(paths.RUN, runs.show, methods=get),
            Route(paths.RUN, runs.delete, methods=["DELETE"]),
            Route(paths.CANCEL, runs.cancel, methods=post),
            Route(paths.PAUSE, runs.pause, methods=post),
            Route(paths.RESUME, runs.resume, methods=post),
            Route(paths.EVENTS, runs.redirect, methods=get),
            Route(paths.LIVE, runs.redirect, methods=get),
            Route(paths.CALLS, calls.list, methods=get),
            Route(paths.CALL, calls.show, methods=get),
            Route(paths.RESULTS, results.results, methods=get),
            Route(paths.EXPORT, results.export, methods=get),
            Route(paths.COMPARE, results.compare, methods=get),
            Route(paths.DOCUMENT, results.document, methods=get),
            Route(paths.HEALTH_LIVE, service.live, methods=get),
            Route(paths.HEALTH_READY, service.ready, methods=get),
            Route(paths.METRICS, service.metrics, methods=get),
            Route(paths.OPENAPI, service.openapi, methods=get),
            Route(paths.PAGE, service.page, methods=get),
            Mount(paths.STATIC, Static()),
        ],
        exception_handlers=HANDLERS,
        middleware=[Middleware(Guard, door=door)],
    )
