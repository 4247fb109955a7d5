"""What custody adds to the product."""

from backend.capability import Capability, Link, Visit
from backend.capture.service import Ordered
from backend.custody import api, batch_pages, pages, service
from backend.identity.rules import OPERATORS, OVERSEERS

CAPABILITY = Capability(
    "custody",
    "ledger",
    routers=(api.router, pages.router, batch_pages.router),
    links=(
        Link(
            "/batches",
            "批次",
            50,
            OVERSEERS,
            home_of=OPERATORS,
            under=("/findings", "/reconciliations", "/captures"),
        ),
    ),
    capture_reactions=(Ordered(service.lock, service.apply),),
    visits=(
        Visit("/batches", "brand"),
        Visit("/batches", "auditor"),
        Visit("{batch}", "brand"),
        Visit("/findings", "brand"),
    ),
)
