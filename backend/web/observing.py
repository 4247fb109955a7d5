"""Around every request: its id, one log line, and its place in the metrics. No address, path or query is written."""

import logging
import re
import secrets
from collections.abc import Collection
from time import perf_counter

from fastapi.responses import PlainTextResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.errors import JiulianError
from backend.web.metrics import WebMetrics
from ledger_indexer.log_lines import about

_log = logging.getLogger("jiulian.web")
_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_REFUSED = "jiulian.refused"
_QUIET = frozenset({"/static", "/healthz", "/readyz", "/metrics"})
"""Routes whose good answers are no happenings: written at DEBUG."""


def note_refusal(scope: Scope, refusal: JiulianError) -> None:
    """Have a refusal counted by its kind, once however often it is told, and written into the request's line."""
    scope.setdefault(_REFUSED, {})[id(refusal)] = (refusal.kind, refusal)  # kept, so that no other gets its number


def _kinds_of(scope: Scope, status: int) -> list[str]:
    """Kinds of what was refused; by its status what nobody noted, so that no refusal goes uncounted."""
    kinds = [kind for kind, _ in scope.get(_REFUSED, {}).values()]
    return kinds or ([f"Status{status}"] if 400 <= status < 500 else [])


class Observer:
    """Plain ASGI, outside all other layers: it sees also what those refuse, and what nobody caught."""

    def __init__(
        self, app: ASGIApp, metrics: WebMetrics, proxies: Collection[str] = (), scans: Collection[str] = ()
    ) -> None:
        """`proxies` are the peers whose `X-Request-Id` is taken over, `scans` the routes of consumers' verdicts."""
        self._app, self._metrics = app, metrics
        self._proxies, self._scans = frozenset(proxies), frozenset(scans)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(self._id_of(scope), send)
        with about(request=answer.id):
            began = perf_counter()
            try:
                await self._app(scope, receive, answer.send)
            except Exception:
                _log.exception("a request failed", extra={"route": _route(scope)})
                if not answer.status:
                    await PlainTextResponse("Internal Server Error", 500)(scope, receive, answer.send)
                answer.status = 500
                raise
            finally:
                self._note(scope, answer.status, perf_counter() - began)

    def _id_of(self, scope: Scope) -> str:
        client = scope.get("client")
        named = Headers(scope=scope).get("x-request-id", "")
        trusted = client is not None and client[0] in self._proxies
        return named if trusted and _ID.fullmatch(named) else secrets.token_hex(8)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route, refused = _route(scope), _kinds_of(scope, status)
        self._metrics.answered(scope["method"], route, status, seconds, scan=route in self._scans)
        for kind in refused:
            self._metrics.refused(kind)
        facts = {"route": route, "status": status, "ms": round(seconds * 1000, 1)}
        if refused:
            facts["refused"] = ",".join(sorted(set(refused)))
        level = logging.DEBUG if route in _QUIET and status < 400 else logging.INFO
        _log.log(level, "%s %d", scope["method"] if scope["method"].isalpha() else "?", status, extra=facts)


class _Answer:
    """An answer on its way out: it gets the request's id, and leaves its status."""

    def __init__(self, id: str, send: Send) -> None:
        self.id, self.status, self._send = id, 0, send

    async def send(self, message: Message) -> None:
        """Pass a part of it on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)["X-Request-Id"] = self.id
        await self._send(message)


def _route(scope: Scope) -> str:
    """Template of the route that answers, or of the folder of files; `none` for what has neither."""
    path = getattr(scope.get("route"), "path", None)
    mounted = scope.get("root_path", "").removeprefix(scope.get("app_root_path", ""))
    return str(path or mounted or "none")
