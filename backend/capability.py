"""What a capability announces of itself, in a `capability.py` of its folder: one value for all who need it."""

from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter

from backend.capture.service import Reaction
from backend.identity.rules import Principal
from backend.working import AlertReaction, Job

Group = Literal["ground", "ledger", "trade", "insight", "desks"]
"""Who and what there is; what devices told; what companies agree on; what is concluded; where people and programs come
in. Capabilities import those of groups before theirs and, without going in circles, of their own."""


@dataclass(frozen=True)
class Link:
    """An entry of the navigation, for people with one of `roles` (none named: for everybody who is logged in) and with
    none of `unless`. `order` is its place from left to right; `of_a_party` shows it only to people of a company.

    `home_of` are the roles whose day begins there, `under` other paths at which one is there too.
    """

    path: str
    label: str
    order: int
    roles: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    of_a_party: bool = False
    home_of: tuple[str, ...] = ()
    under: tuple[str, ...] = ()

    def is_at(self, path: str) -> bool:
        """Whether a page at the path belongs to this entry."""
        return any(path == each or path.startswith(each + "/") for each in (self.path, *self.under))

    def is_for(self, person: Principal) -> bool:
        """Whether the person sees it."""
        if self.unless and person.has(*self.unless):
            return False
        return (not self.roles or person.has(*self.roles)) and (not self.of_a_party or person.party is not None)


@dataclass(frozen=True)
class Visit:
    """A page that the demo's round and the tests open: as whom (a role, or nobody), and what it answers.

    `path` may name `{bottle}` and `{unknown}` (paths of Digital Links, the second of a serial never issued), `{alert}`
    and `{batch}` (paths of their pages), `{order}` (an id) and `{dealer}` (a GLN).
    """

    path: str
    role: str | None = None
    status: int = 200


@dataclass(frozen=True)
class Capability:
    """One folder of backend: what it adds to the web, to the worker, and to what follows captures and alerts."""

    name: str
    group: Group
    routers: tuple[APIRouter, ...] = ()
    links: tuple[Link, ...] = ()
    jobs: tuple[Job, ...] = ()
    capture_reactions: tuple[Reaction, ...] = ()
    alert_reactions: tuple[AlertReaction, ...] = ()
    visits: tuple[Visit, ...] = ()
