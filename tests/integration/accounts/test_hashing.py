"""What a password costs to check: argon2id as the product is set, alike for who is known and who is not."""

import time

import pytest
from sqlalchemy.orm import Session, sessionmaker

from backend.identity import service, store
from backend.identity.passwords import Passwords
from tests.databases import Once
from tests.kit.accounts import OLD, Visit, change, enter_people, log_in

pytestmark = pytest.mark.integration

RECOMMENDED = "$argon2id$v=19$m=65536,t=3,p=4$"
"""64 MiB, three passes, four lanes: the second choice of RFC 9106, section 4."""


@pytest.fixture(scope="module")
def template_database(once: Once) -> str:
    """People whose passwords were kept as the product is set."""
    return once(_enter_people_as_set)[0]


def _enter_people_as_set(sessions: sessionmaker[Session]) -> dict[str, int]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service, "passwords", Passwords())
        return enter_people(sessions)


@pytest.fixture(autouse=True)
def _as_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "passwords", Passwords())


def test_passwords_are_kept_by_argon2_as_recommended(visit: Visit, session: Session) -> None:
    found = store.find_password_hash(session, "clerk")
    assert found
    assert found[1].startswith(RECOMMENDED)
    assert change(visit("clerk")).status_code == 200
    changed = store.find_password_hash(session, "clerk")
    assert changed
    assert changed[1].startswith(RECOMMENDED)
    assert changed[1] != found[1]


@pytest.mark.quiet
def test_a_password_of_a_megabyte_is_neither_hashed_nor_told_apart(visit: Visit) -> None:
    here = visit("clerk")
    assert change(here, new="ab" * 500_000).status_code == 422
    assert change(here, current="ab" * 500_000).status_code == 422
    began = time.perf_counter()
    assert log_in(visit(), "clerk", OLD + "x" * 10_000).status_code == 401
    assert time.perf_counter() - began < 2
    assert {log_in(visit(), name, OLD + "x" * 500_000).status_code for name in ("clerk", "nobody")} == {422}


@pytest.mark.quiet
def test_a_name_that_nobody_has_takes_as_long_as_one_that_somebody_has(visit: Visit) -> None:
    def seconds(name: str) -> float:
        took = []
        for number in range(8):
            client = visit()
            began = time.perf_counter()
            log_in(client, name, f"guess {number}")
            took.append(time.perf_counter() - began)
        return sorted(took)[1]  # the quickest but one: what the machine does besides only adds

    known, unknown = seconds("clerk"), seconds("nobody")
    assert 0.5 < known / unknown < 2, f"{known * 1000:.1f} ms and {unknown * 1000:.1f} ms"
