"""Who may call what. Every route either requires roles or says that it is public; the route test checks it."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPBearer

from backend import clock
from backend.errors import NotAllowed, Unauthenticated
from backend.identity import service
from backend.identity.rules import Principal
from backend.identity.rules_people import PasswordProvisional
from backend.web.requests import Transaction

COOKIE = "jiulian_session"
_BEARER = HTTPBearer(scheme_name="token", description="The token that POST /login answers.", auto_error=False)
_SESSION = APIKeyCookie(
    name=COOKIE, scheme_name="session", description="The same token, as browsers keep it.", auto_error=False
)
"""How a person is known, for the description alone: `token_of` reads them."""


def token_of(request: Request) -> str | None:
    """The session token of a request: cookie, or `Authorization: Bearer` for programs."""
    bearer = request.headers.get("authorization", "")
    if bearer.lower().startswith("bearer "):
        return bearer[7:].strip()
    return request.cookies.get(COOKIE)


def find_principal(request: Request, session: Transaction) -> Principal | None:
    """The person who asks, or None. Log-ins expire by the wall clock, whatever the demo's story says."""
    token = token_of(request)
    principal = service.find_principal(session, token, now=clock.now()) if token else None
    request.state.principal = principal
    return principal


def look_up(request: Request) -> Principal | None:
    """The same for an address that has no route, in a transaction of its own that has ended when this returns."""
    with request.app.state.sessions() as session, session.begin():
        return find_principal(request, session)


Visitor = Annotated[Principal | None, Depends(find_principal)]


def require(*roles: str, provisional: bool = False) -> object:
    """A dependency that gives the person who asks, if they have one of the roles (an admin has all).

    With `provisional` the route serves also who has not replaced the password that he was given: to replace it.

    Raises:
        Unauthenticated: nobody is logged in.
        PasswordProvisional: the person must choose a password first.
        NotAllowed: the person has none of the roles.
    """

    def check(
        principal: Visitor, _token: Annotated[object, Depends(_BEARER)], _session: Annotated[object, Depends(_SESSION)]
    ) -> Principal:
        if principal is None:
            raise Unauthenticated()
        if principal.provisional and not provisional:
            raise PasswordProvisional()
        if not principal.has(*roles):
            raise NotAllowed(needs=sorted(set(roles)))
        return principal

    check.required_roles = frozenset(roles)  # type: ignore[attr-defined]
    return Depends(check)


def public(endpoint: Callable[..., object]) -> Callable[..., object]:
    """Marks an endpoint that anyone may call."""
    endpoint.is_public = True  # type: ignore[attr-defined]
    return endpoint
