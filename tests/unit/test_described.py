"""The reader of the description, against answers that are not as it says."""

from typing import Any
from uuid import uuid4

import pytest
from httpx2 import Request, Response

from tests.kit.described import ours

REFUSAL = {"kind": "NotFound", "message": "There is none.", "told": "没有", "final": False, "details": {"id": "x"}}
_NOTHING = dict.fromkeys(("allocated", "dispatched", "received", "returned", "lost"), 0)
LINE = {"gtin": "0", "bottles": 1, "price_fen": 2, **_NOTHING}
ORDER: dict[str, Any] = {
    "id": str(uuid4()),
    "state": "submitted",
    "buyer": "b",
    "seller": "s",
    "location": "l",
    "currency": "CNY",
    "placed_by": "p",
    "placed_at": "2026-03-18T06:00:00+00:00",
    "bottles": 1,
    "amount_fen": 2,
    "lines": [LINE],
    "allocations": [],
}


def faults(status: int, body: object, path: str = "/orders", method: str = "POST") -> list[str]:
    return ours().faults(Response(status, json=body, request=Request(method, "http://test" + path)))


@pytest.mark.parametrize("status", [200, 201])
def test_what_is_as_described_has_no_fault(status: int) -> None:
    assert faults(status, ORDER) == []


@pytest.mark.parametrize("status", [401, 404, 409, 422, 429, 503])
def test_refusals_are_as_described_everywhere(status: int) -> None:
    assert faults(status, REFUSAL) == faults(status, REFUSAL, f"/orders/{uuid4()}", "GET") == []


@pytest.mark.parametrize(
    ("status", "body", "where"),
    [
        (202, ORDER, "application/json is not described"),
        (500, REFUSAL, "application/json is not described"),
        (422, {"detail": []}, ".kind: is missing"),
        (404, {**REFUSAL, "hint": "x"}, ".hint: is not described"),
        (201, {**ORDER, "state": "eaten"}, ".state: 'eaten' is not"),
        (201, {**ORDER, "bottles": "1"}, ".bottles: '1' is not integer"),
        (201, {**ORDER, "lines": [{**LINE, "lost": True}]}, ".lines[].lost: 'True' is not integer"),
        (201, [ORDER], "is not object"),
    ],
)
def test_what_is_not_as_described_is_found(status: int, body: object, where: str) -> None:
    assert any(where in each for each in faults(status, body))


def test_an_address_that_is_not_described_is_let_pass() -> None:
    assert faults(200, {"any": "thing"}, "/nowhere") == []
