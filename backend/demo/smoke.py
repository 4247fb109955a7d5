"""Fetch every page once and say what was seen."""

from collections.abc import Sequence
from dataclasses import dataclass

import httpx2

from backend.demo.company import ADMIN, BRAND, COMPLIANCE
from backend.demo.opening import AUDITOR, PASSWORD, STORE, WAREHOUSE


@dataclass(frozen=True)
class Seen:
    """One page as it was answered: status, size in bytes, seconds."""

    who: str
    path: str
    status: int
    size: int
    seconds: float
    expected: int = 200

    @property
    def good(self) -> bool:
        """Whether the page answered as expected and with something to read."""
        return self.status == self.expected and self.size > 200


def fetch_all(web: str, pages: Sequence[tuple[str | None, str, int]]) -> list[Seen]:
    """Fetch (account or None, path, expected status) in order, each account logged in once."""
    clients: dict[str | None, httpx2.Client] = {}
    seen = []
    for who, path, expected in pages:
        if who not in clients:
            clients[who] = httpx2.Client(base_url=web, headers={"Accept": "text/html"}, timeout=30)
            if who:
                clients[who].post("/login", data={"name": who, "password": PASSWORD})
        answer = clients[who].get(path, follow_redirects=True)
        seen.append(
            Seen(who or "-", path, answer.status_code, len(answer.content), answer.elapsed.total_seconds(), expected)
        )
    for client in clients.values():
        client.close()
    return seen


def all_pages(
    bottle: str, order: str, dealer: tuple[str, str], alert: str, batch: str
) -> list[tuple[str | None, str, int]]:
    """Every page of the product, as the person who uses it. `bottle` is the path of a bottle's Digital Link,
    `dealer` an account and its GLN.
    """
    unknown = bottle[: bottle.rindex("/21/")] + "/21/AAAAAAAAAAAAAA"
    return [
        (None, "/", 200),
        (None, "/login", 200),
        (None, bottle, 200),
        (None, bottle + "/check", 200),
        (None, bottle + "/where", 200),
        (None, bottle + "/report", 200),
        (None, bottle + "/proof", 200),
        (None, unknown, 404),
        (BRAND, "/", 200),
        (BRAND, "/orders", 200),
        (BRAND, f"/orders/{order}", 200),
        (BRAND, "/stock", 200),
        (BRAND, "/batches", 200),
        (BRAND, batch, 200),
        (BRAND, "/reconciliations", 200),
        (BRAND, "/findings", 200),
        (BRAND, "/dealers", 200),
        (BRAND, f"/dealers/{dealer[1]}", 200),
        (BRAND, "/parties", 200),
        (BRAND, f"/parties/{dealer[1]}", 200),
        (BRAND, "/password", 200),
        (ADMIN, "/users", 200),
        (dealer[0], "/party", 200),
        (dealer[0], "/orders", 200),
        (dealer[0], "/stock", 200),
        (STORE, "/stock", 200),
        (WAREHOUSE, "/warehouse", 200),
        (COMPLIANCE, "/alerts", 200),
        (COMPLIANCE, alert, 200),
        (AUDITOR, "/alerts", 200),
        (AUDITOR, "/batches", 200),
    ]
