"""People who may log in, their first password, and what they do with it over HTTP."""

from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy.orm import Session, sessionmaker

from backend.identity import service, store
from tests.kit.people import BRAND, DEALER, OTHER_DEALER, enrol

OLD, NEW = "高粱红了 九月九日酿新酒", "salt river copper kettle"
PEOPLE = {
    "root": (["admin"], None),
    "deputy": (["admin"], BRAND),
    "wang": (["compliance"], BRAND),
    "boss": (["party_admin", "dealer"], DEALER),
    "partner": (["party_admin"], DEALER),
    "clerk": (["dealer"], DEALER),
    "rival": (["party_admin", "dealer"], OTHER_DEALER),
    "rival-clerk": (["dealer"], OTHER_DEALER),
}
Visit = Callable[..., TestClient]


def enter_people(sessions: sessionmaker[Session]) -> dict[str, int]:
    """Enrol the usual company and its people, all with the password `OLD`; numbers of the people by name."""
    hashed = service.hash_password(OLD)
    with sessions.begin() as session:
        enrol(session)
        for name, (roles, party) in PEOPLE.items():
            store.add_user(session, name, hashed, roles, party)
        found = {name: store.find_password_hash(session, name) for name in PEOPLE}
    return {name: row[0] for name, row in found.items() if row}


def log_in(client: TestClient, name: str, password: str = OLD, *, address: str | None = None) -> Any:
    headers = {"X-Forwarded-For": address} if address else {}
    return client.post("/login", data={"name": name, "password": password}, headers=headers)


def change(client: TestClient, current: str = OLD, new: str = NEW, again: str | None = None) -> Any:
    fields = {"current": current, "new": new} | ({"again": again} if again is not None else {})
    return client.post("/password", data=fields)


def is_in(client: TestClient) -> bool:
    return bool(client.get("/password").status_code == 200)
