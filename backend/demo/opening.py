"""Before the goods flow: parties, places, devices, people, products, prices and territories are entered."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import msgspec
from sqlalchemy.orm import Session, sessionmaker

from backend.demo.company import ADMIN, BRAND, COMPLIANCE, SECOND, Company, LogIn
from backend.demo.trade import dealer_login
from backend.demo.world import Member, World
from backend.identity.service import add_user
from scanner.device.joining import redemption
from scanner.device.signing import Domain

PASSWORD = "jiulian-demo"  # noqa: S105  (printed on the demo's own screen; the demo listens on loopback only)
AUDITOR, WAREHOUSE, STORE, PARTY_ADMIN = "auditor", "warehouse", "store", "dealer-admin"


class _Register(msgspec.Struct, rename="camel"):
    chain_id: int
    participants: str


class _Devices(msgspec.Struct):
    devices: list[object]


class _Invited(msgspec.Struct):
    code: str


def open_books(company: Company) -> None:
    """Enter the world, as brand operations would; the first administrator must exist already."""
    client, world = company.client, company.world
    at = company.plan.start - timedelta(days=410)

    def post(path: str, body: Mapping[str, object]) -> None:
        client.post(path, body, at=at, by=ADMIN)

    client.log_in(ADMIN, PASSWORD)
    answer = client.get("/devices/register", _Register, at=at)
    register = Domain(answer.chain_id, bytes.fromhex(answer.participants[2:]))
    for member in world.members:
        _enter(post, member)
        known = client.get(f"/devices?party={member.gln}", _Devices, at=at, by=ADMIN)
        if not known.devices:
            code = client.ask("/devices/invitations", {"party": member.gln}, _Invited, at=at, by=ADMIN).code
            post("/devices/redemptions", redemption(member.gln, member.key, f"{member.name} 手持机", code, register))
    company.employ(logins(world))
    for product in world.products:
        fields = ("gtin", "name_en", "abv_permille", "volume_ml", "case_size")
        post("/products", {"name": product.name_zh, **{field: getattr(product, field) for field in fields}})
        price = {"gtin": product.gtin, "amount_fen": product.list_fen, "floor_fen": product.floor_fen}
        post("/prices", {**price, "valid_from": at.isoformat()})
    for dealer in world.dealers:
        territory = {"dealer": dealer.gln, "adcode": dealer.place.adcode[:4], "valid_from": at.isoformat()}
        post("/territories", {"id": company.id(f"territory/{dealer.gln}"), **territory})
    for name, _, _ in logins(world):
        client.log_in(name, PASSWORD)


def employ(sessions: sessionmaker[Session], people: Sequence[LogIn]) -> None:
    """Make log-ins on the machine itself, all with the demo's one password; who is there stays as he is."""
    with sessions() as session, session.begin():
        for name, roles, party in people:
            add_user(session, name, PASSWORD, roles, party)


def logins(world: World) -> list[LogIn]:
    """Accounts of the demo: somebody of each role."""
    first = world.dealers[0]
    people: list[LogIn] = [
        (BRAND, ["brand"], world.brand.gln),
        (COMPLIANCE, ["compliance"], world.brand.gln),
        (SECOND, ["compliance"], world.brand.gln),
        (AUDITOR, ["auditor"], None),
        (WAREHOUSE, ["warehouse"], world.warehouses[0].gln),
        (STORE, ["store"], world.stores[first.gln][0].gln),
        (PARTY_ADMIN, ["party_admin"], first.gln),
    ]
    return people + [(dealer_login(dealer), ["dealer"], dealer.gln) for dealer in world.dealers]


def _enter(post: Callable[[str, Mapping[str, object]], None], member: Member) -> None:
    place = member.place
    post(
        "/parties",
        {
            "gln": member.gln,
            "name": member.name,
            "roles": list(member.roles),
            "adcode": place.adcode,
            "supplier": member.supplier,
        },
    )
    located = {"gln": member.gln, "party": member.gln, "name": member.name, "adcode": place.adcode}
    post("/locations", {**located, "lat": place.lat, "lon": place.lon})
