"""Liveness and readiness: alive is not the same as ready."""

from fastapi import APIRouter
from sqlalchemy import text

from backend.identity.access import public
from backend.web.requests import Transaction

router = APIRouter()


@router.get("/healthz")
@public
def alive() -> dict[str, str]:
    """The process answers."""
    return {"state": "alive"}


@router.get("/readyz")
@public
def ready(session: Transaction) -> dict[str, str]:
    """The process answers and its database does too."""
    session.execute(text("select 1"))
    return {"state": "ready"}
