"""The front door as the story uses it: HTTP only, the time stated with each request, patience when a part is away."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx2

from backend.errors import JiulianError

_PATIENCE_S = 90.0


class DoorClosed(JiulianError):
    """The product refused what the story needs, or stayed away too long."""


class Door:
    """Requests of the story's people and devices. All of them may be repeated: the product tells a repeat."""

    def __init__(self, client: httpx2.Client, *, wait: Callable[[str], None] = lambda _: None) -> None:
        self._client = client
        self._wait = wait
        self._tokens: dict[str, str] = {}
        self.requests = 0

    def log_in(self, name: str, password: str) -> None:
        """Open a session for a person; later requests name the person."""
        headers = {
            "X-Forwarded-For": f"demo-{name}"
        }  # each person from a desk of their own: log-ins are limited by address
        answer = self._send("POST", "/login", data={"name": name, "password": password}, headers=headers)
        self._tokens[name] = answer.json()["token"]

    def post(self, path: str, body: Any, *, at: datetime, by: str | None = None) -> Any:
        """POST JSON; the decoded answer."""
        return self._send("POST", path, at=at, by=by, json=body).json()

    def post_text(self, path: str, text: str, *, at: datetime) -> Any:
        """POST a device's signed message as it is; the decoded answer."""
        return self._send("POST", path, at=at, content=text, headers={"Content-Type": "application/json"}).json()

    def get(self, path: str, *, at: datetime | None = None, by: str | None = None) -> Any:
        """GET; the raw answer."""
        return self._send("GET", path, at=at, by=by)

    def as_phone(
        self, method: str, path: str, *, at: datetime, adcode: str, address: str, phone: str, once: str, **options: Any
    ) -> Any:
        """A consumer's phone: the edge network names its prefecture and address; `once` marks a repeated request."""
        headers = {
            "X-Edge-Adcode": adcode,
            "X-Forwarded-For": address,
            "Idempotency-Key": once,
            "Cookie": f"jl_phone={phone}",
            "Accept": "text/html",
        }
        return self._send(method, path, at=at, headers=headers, **options)

    def _send(
        self,
        method: str,
        path: str,
        *,
        at: datetime | None = None,
        by: str | None = None,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> Any:
        sent = {"Accept": "application/json", **(headers or {})}
        if at is not None:
            sent["X-Demo-Now"] = at.isoformat()
        if by is not None:
            sent["Authorization"] = f"Bearer {self._tokens[by]}"
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                answer = self._client.request(method, path, headers=sent, **options)
                self.requests += 1
                if answer.status_code != 503:
                    break
                reason = answer.text[:120]
            except httpx2.TransportError as error:
                reason = str(error) or type(error).__name__
            if time.monotonic() > deadline:
                raise DoorClosed(f"{method} {path} is not answered: {reason}")
            self._wait(reason)
            time.sleep(0.3)
        if answer.status_code >= 400:
            raise DoorClosed(f"{method} {path}: {answer.status_code} {answer.text[:400]}")
        return answer
