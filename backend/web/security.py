"""Headers and checks that hold for every answer: strict CSP, no framing, no cross-site writes."""

from collections.abc import Callable
from functools import lru_cache
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.errors import Untrusted
from backend.settings import Settings
from backend.web.telling import as_json

_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class CrossSite(Untrusted):
    """This was sent from a page of another site."""


@lru_cache(maxsize=8)
def content_policy(nodes: tuple[str, ...]) -> str:
    """Content-Security-Policy: our own files only; connections also to the chain nodes that phones read."""
    origins = " ".join(sorted({f"{urlsplit(n).scheme}://{urlsplit(n).netloc}" for n in nodes}))
    return (
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; "
        f"font-src 'self'; connect-src 'self' {origins}; worker-src 'self'; manifest-src 'self'; "
        "media-src 'self' blob:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )


def _cross_site(request: Request) -> bool:
    """Browsers say where a write comes from; programs without a browser say nothing and carry no ambient cookie."""
    if request.method not in _UNSAFE:
        return False
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is not None and _host_of(origin) != request.headers.get("host")


def _host_of(origin: str) -> str | None:
    """Host and port of an origin; None where it cannot be read as one: no host of ours is called so."""
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None


def install(app: FastAPI, settings: Settings, nodes: Callable[[], tuple[str, ...]]) -> None:
    """Wrap every answer of the application."""
    app.add_middleware(Guard, nodes=nodes)


class Guard:
    """Refuses writes from other sites, and gives every answer its headers. Plain ASGI: each request goes through it."""

    def __init__(self, app: ASGIApp, nodes: Callable[[], tuple[str, ...]]) -> None:
        """`nodes` are those that pages may connect to, asked anew each time."""
        self._app, self._nodes = app, nodes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._set(MutableHeaders(scope=message), scope)
            await send(message)

        if _cross_site(Request(scope)):
            refusal = CrossSite()
            told = as_json(Request(scope), refusal)
            await JSONResponse(told, status_code=refusal.status)(scope, receive, with_headers)
            return
        await self._app(scope, receive, with_headers)

    def _set(self, headers: MutableHeaders, scope: Scope) -> None:
        headers.setdefault("Content-Security-Policy", content_policy(self._nodes()))
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(), microphone=()")
        if scope["path"].startswith("/static/"):
            # A module's own imports carry no fingerprint: a phone must never mix yesterday's with today's.
            fixed = "v" in Request(scope).query_params
            headers.setdefault("Cache-Control", "public, max-age=31536000, immutable" if fixed else "no-cache")
        else:
            headers.setdefault("Cache-Control", "no-store")
