"""GET /warehouse/documents: the work of a party, as its devices keep it."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from backend.identity.access import require
from backend.identity.rules import TRADERS, Principal
from backend.warehouse import service
from backend.warehouse.schemas_out import DeviceOut, WorkOut
from backend.web.i18n import language_of
from backend.web.requests import Config, Now, Transaction

router = APIRouter()


@router.get("/warehouse/documents")
def documents(
    request: Request,
    session: Transaction,
    settings: Config,
    now: Now,
    person: Annotated[Principal, require(*TRADERS)],
    signer: Annotated[str | None, Query(pattern=r"^0x[0-9a-fA-F]{40}$")] = None,
) -> WorkOut:
    """What is to ship and to receive, and how the device with this signer stands."""
    language = language_of(request)
    work = service.work_of(
        session,
        person,
        signer=bytes.fromhex(signer[2:]) if signer else None,
        deployment=settings.deployment_path,
        language=language,
        now=now,
    )
    return WorkOut.of(work, language)


@router.get("/warehouse/device")
def device(
    session: Transaction,
    now: Now,
    person: Annotated[Principal, require(*TRADERS)],
    signer: Annotated[str, Query(pattern=r"^0x[0-9a-fA-F]{40}$")],
) -> DeviceOut:
    """How the device with this signer stands; the app asks every few seconds while it waits to be let in."""
    return DeviceOut.of(service.device_of(session, person, bytes.fromhex(signer[2:]), now=now))
