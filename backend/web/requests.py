"""What a request brings: one transaction, the time, the client's address and coarse place."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Path, Request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from sqlalchemy.orm import Session

from backend import clock
from backend.errors import Malformed, TooMany
from backend.settings import Settings


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _transaction(request: Request) -> Iterator[Session]:
    with request.app.state.sessions() as session, session.begin():
        yield session


def _now(request: Request) -> datetime:
    stated = request.headers.get("X-Demo-Now")
    if stated and _settings(request).web.demo_clock:
        try:
            moment = datetime.fromisoformat(stated)
        except ValueError as error:
            raise Malformed("X-Demo-Now is not an ISO 8601 time", field="X-Demo-Now") from error
        if moment.tzinfo is None:
            raise Malformed("X-Demo-Now has no time zone", field="X-Demo-Now")
        return moment
    return clock.now()


__all__ = [
    "Config",
    "Now",
    "Number",
    "Patience",
    "Session",
    "Transaction",
    "asker",
    "client_adcode",
    "client_address",
    "client_network",
    "here_of",
    "limited",
    "patience",
]

Number = Annotated[int, Path(ge=1, le=2**63 - 1)]
"""The number of a row in a path, within what the database counts with."""
# scope="function" ends the transaction BEFORE the answer leaves: nobody holds a receipt for what was never stored.
Transaction = Annotated[Session, Depends(_transaction, scope="function")]


# async, since they wait for nothing: what is not is sent through a thread of its own, once a request each.
async def _now_of(request: Request) -> datetime:
    return _now(request)


async def _settings_of(request: Request) -> Settings:
    return _settings(request)


Now = Annotated[datetime, Depends(_now_of)]
Config = Annotated[Settings, Depends(_settings_of)]


def _trusted(request: Request) -> bool:
    return bool(request.client and request.client.host in _settings(request).web.trusted_proxies)


def client_address(request: Request) -> str:
    """Address of the client; the last hop a trusted proxy names, else the peer itself.

    A proxy adds its hop to the client's own line or in a line of its own after it: the last of all lines is the
    proxy's word, whatever stands before it is the client's.
    """
    hops = ",".join(request.headers.getlist("X-Forwarded-For")).split(",")
    if hops[-1].strip() and _trusted(request):
        return hops[-1].strip()
    return request.client.host if request.client else "unknown"


def client_network(request: Request) -> str:
    """Whom limits count as one: an IPv4 address, or the /64 of an IPv6 address, of which one client has all."""
    address = client_address(request)
    try:
        read = ip_address(address.strip("[]"))
    except ValueError:
        return address
    if read.version == 6:
        read = read.ipv4_mapped or ip_network((read, 64), strict=False).network_address
    return str(read)


def asker(request: Request) -> str:
    """Whom limits on what people ask count as one: a log-in wherever it asks from, else an address.

    Who shares an office shares its address, and shall not wait for his neighbour.
    """
    person = getattr(request.state, "principal", None)
    return f"log-in {person.user_id}" if person else client_network(request)


def client_adcode(request: Request) -> str | None:
    """Prefecture (GB/T 2260, six digits) that a trusted edge network names for this client, else None."""
    adcode = request.headers.get("X-Edge-Adcode", "")
    return adcode if _trusted(request) and len(adcode) == 6 and adcode.isdigit() else None


def make_limiter() -> MovingWindowRateLimiter:
    """Counts requests of one application; in memory, so each web process counts for itself."""
    return MovingWindowRateLimiter(MemoryStorage())


def limited(name: str, per_minute: Callable[[Settings], int]) -> Callable[[Request], None]:
    """A dependency that answers 429 when one address asks too often.

    Raises:
        TooMany: more than `per_minute(settings)` requests of this name from one address.
    """

    def check(request: Request) -> None:
        item = RateLimitItemPerMinute(per_minute(_settings(request)))
        limiter: MovingWindowRateLimiter = request.app.state.limiter
        if not limiter.hit(item, name, client_network(request)):
            raise TooMany(limit=item.amount)

    return check


@dataclass(frozen=True)
class Patience:
    """What one address has left of something that costs us, whatever the outcome of the rest."""

    limiter: MovingWindowRateLimiter
    item: RateLimitItemPerMinute
    key: tuple[str, str]

    def check(self) -> None:
        """Raises TooMany: the address has used it up for now."""
        if not self.limiter.test(self.item, *self.key):
            raise TooMany(limit=self.item.amount)

    def spend(self) -> None:
        """Count one."""
        self.limiter.hit(self.item, *self.key)


def patience(name: str, per_minute: Callable[[Settings], int]) -> Callable[[Request], Awaitable[Patience]]:
    """A dependency for what is counted only when it happens, as refusals are."""

    async def give(request: Request) -> Patience:
        item = RateLimitItemPerMinute(per_minute(_settings(request)))
        return Patience(request.app.state.limiter, item, (name, client_network(request)))

    return give


def here_of(request: Request, page: str) -> str:
    """Where the link to the other language leads, up to its question: an answer to a form has no address of its own."""
    if request.method == "GET":
        rest = urlencode([(name, value) for name, value in request.query_params.multi_items() if name != "lang"])
        return f"?{rest}&" if rest else "?"
    return page + ("&" if "?" in page else "?")
