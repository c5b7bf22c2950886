"""The worker's pages: /metrics, /healthz, /readyz, and one that says what this is. None of them names a file."""

from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from worker.health import Health

_PAGE = (Path(__file__).parent / "templates" / "index.html").read_text()


@dataclass(frozen=True)
class Shown:
    """What the pages show."""

    registry: CollectorRegistry
    health: Health
    facts: dict[str, str] = field(default_factory=dict)
    """For the page: what is where, in words."""


def make(shown: Shown) -> Starlette:
    """Make the application."""

    async def metrics(request: Request) -> Response:
        return Response(generate_latest(shown.registry), media_type=CONTENT_TYPE_LATEST)

    async def healthz(request: Request) -> Response:
        if shown.health.alive:
            return PlainTextResponse("alive\n")
        return PlainTextResponse("the loop has not turned for a long time\n", status_code=503)

    async def readyz(request: Request) -> Response:
        why = shown.health.unready()
        return PlainTextResponse("ready\n") if why is None else PlainTextResponse(why + "\n", status_code=503)

    async def index(request: Request) -> Response:
        state = shown.health.unready() or "ready"
        facts = {"State": state, **shown.facts}
        rows = "\n".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items())
        return HTMLResponse(_PAGE.replace("{{facts}}", rows))

    routes = [("/", index), ("/metrics", metrics), ("/healthz", healthz), ("/readyz", readyz)]
    return Starlette(routes=[Route(path, function) for path, function in routes])
