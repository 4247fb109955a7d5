"""The HTTP client of the story: the time is stated with each request, and it waits while a part is away."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

import httpx2
import msgspec

from backend.errors import JiulianError

_PATIENCE_S = 90.0
_Form = TypeVar("_Form")


class NotServed(JiulianError):
    """The product refused what the story needs, or stayed away too long."""


class _LoggedIn(msgspec.Struct):
    token: str


class Client:
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
        self._tokens[name] = msgspec.json.decode(answer.content, type=_LoggedIn).token

    def post(self, path: str, body: Mapping[str, object], *, at: datetime, by: str | None = None) -> None:
        """POST JSON."""
        self._send("POST", path, at=at, by=by, json=body)

    def ask(
        self, path: str, body: Mapping[str, object], form: type[_Form], *, at: datetime, by: str | None = None
    ) -> _Form:
        """POST JSON; the answer in its form.

        Raises:
            msgspec.ValidationError: it has another form.
        """
        return msgspec.json.decode(self._send("POST", path, at=at, by=by, json=body).content, type=form)

    def post_text(self, path: str, text: str, *, at: datetime) -> None:
        """POST a device's signed message as it is."""
        self._send("POST", path, at=at, content=text, headers={"Content-Type": "application/json"})

    def get(self, path: str, form: type[_Form], *, at: datetime, by: str | None = None) -> _Form:
        """GET JSON; raises as `ask`."""
        return msgspec.json.decode(self._send("GET", path, at=at, by=by).content, type=form)

    def get_text(self, path: str, *, at: datetime, by: str | None = None) -> str:
        """GET a text."""
        return self._send("GET", path, at=at, by=by).text

    def as_phone(
        self,
        method: str,
        path: str,
        *,
        at: datetime,
        adcode: str,
        address: str,
        phone: str,
        once: str,
        data: Mapping[str, str] | None = None,
    ) -> None:
        """A consumer's phone: the edge network names its prefecture and address; `once` marks a repeated request."""
        headers = {
            "X-Edge-Adcode": adcode,
            "X-Forwarded-For": address,
            "Idempotency-Key": once,
            "Cookie": f"jl_phone={phone}",
            "Accept": "text/html",
        }
        self._send(method, path, at=at, headers=headers, data=data)

    def _send(
        self,
        method: str,
        path: str,
        *,
        at: datetime | None = None,
        by: str | None = None,
        headers: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        json: Mapping[str, object] | None = None,
        content: str | None = None,
    ) -> httpx2.Response:
        sent = {"Accept": "application/json", **(headers or {})}
        if at is not None:
            sent["X-Demo-Now"] = at.isoformat()
        if by is not None:
            sent["Authorization"] = f"Bearer {self._tokens[by]}"
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                answer = self._client.request(method, path, headers=sent, data=data, json=json, content=content)
                self.requests += 1
                if answer.status_code != 503:
                    break
                reason = answer.text[:120]
            except httpx2.TransportError as error:
                reason = str(error) or type(error).__name__
            if time.monotonic() > deadline:
                raise NotServed(f"{method} {path} is not answered: {reason}")
            self._wait(reason)
            time.sleep(0.3)
        if answer.status_code >= 400:
            raise NotServed(f"{method} {path}: {answer.status_code} {answer.text[:400]}")
        return answer
