"""What a consumer's request brings: a random id kept on the phone, a coarse place, a mark for repeats."""

import os
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from fastapi.responses import Response

from backend.errors import Malformed
from backend.verification.rules import Visitor
from backend.web.requests import Config, client_adcode

COOKIE = "jl_phone"
_YEAR_S = 31_536_000
_HEX = frozenset("0123456789abcdef")


def _phone_of(request: Request) -> str | None:
    value = request.cookies.get(COOKIE, "")
    return value if len(value) == 32 and set(value) <= _HEX else None


def request_key(request: Request) -> str | None:
    """`Idempotency-Key`: the same request again records nothing new.

    Raises:
        Malformed: longer than 48 characters.
    """
    key = request.headers.get("idempotency-key")
    if key is not None and len(key) > 48:
        raise Malformed("Idempotency-Key is longer than 48 characters", field="Idempotency-Key")
    return key


def _visitor(request: Request) -> Visitor:
    key = request_key(request)
    return Visitor(
        phone=_phone_of(request) or secrets.token_hex(16),
        adcode=client_adcode(request),
        request_id=f"scan:{key}" if key else None,
    )


Phone = Annotated[Visitor, Depends(_visitor)]


def remember_phone(request: Request, answer: Response, visitor: Visitor, *, secure: bool) -> None:
    """Leave the random id on a phone that has none. It names no person and no other site sees it."""
    if _phone_of(request) is None:
        answer.set_cookie(COOKIE, visitor.phone, max_age=_YEAR_S, httponly=True, samesite="lax", secure=secure)


@lru_cache
def _salt_at(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        made = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(made, "wb") as file:
            file.write(secrets.token_bytes(32))
    except FileExistsError:
        pass
    return path.read_bytes()


def scan_salt(settings: Config) -> bytes:
    """The secret under the weekly device hashes; made once, readable by us alone."""
    return _salt_at(settings.home / "keys" / "scan.salt")


Salt = Annotated[bytes, Depends(scan_salt)]
