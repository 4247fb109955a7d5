"""Fetch every page once and say what was seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx2

from backend.capabilities import VISITS
from backend.demo.opening import PASSWORD


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


def all_pages(accounts: Mapping[str, str], examples: Mapping[str, str]) -> list[tuple[str | None, str, int]]:
    """Every page that a capability announces, as the person who uses it: account or None, path, expected status.

    `accounts` are log-ins by role, `examples` what the paths name (`backend.capability.Visit`) but for `unknown`.
    """
    bottle = examples["bottle"]
    filled = {**examples, "unknown": bottle[: bottle.rindex("/21/")] + "/21/AAAAAAAAAAAAAA"}
    return [(accounts[each.role] if each.role else None, each.path.format(**filled), each.status) for each in VISITS]
