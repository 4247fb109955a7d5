"""Headers and checks that hold for every answer: strict CSP, no framing, no cross-site writes."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from backend.settings import Settings

_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


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

    @app.middleware("http")
    async def guard(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        if _cross_site(request):
            return JSONResponse({"kind": "Untrusted", "message": "cross-site request", "details": {}}, status_code=403)
        answer = await call_next(request)
        headers = answer.headers
        headers.setdefault("Content-Security-Policy", content_policy(nodes()))
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(self), geolocation=(), microphone=()")
        if request.url.path.startswith("/static/"):
            # A module's own imports carry no fingerprint: a phone must never mix yesterday's with today's.
            fixed = "v" in request.query_params
            headers.setdefault("Cache-Control", "public, max-age=31536000, immutable" if fixed else "no-cache")
        else:
            headers.setdefault("Cache-Control", "no-store")
        return answer
