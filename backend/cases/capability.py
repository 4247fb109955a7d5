"""What cases adds to the product."""

from backend.capability import Capability, Link, Visit
from backend.cases import api, pages, service
from backend.identity.rules import REVIEWERS

CAPABILITY = Capability(
    "cases",
    "desks",
    routers=(api.router, pages.router, pages.forms),
    links=(Link("/alerts", "预警", 10, REVIEWERS, home_of=("compliance",), under=("/risk",)),),
    alert_reactions=(service.open_file,),
    visits=(Visit("/alerts", "compliance"), Visit("{alert}", "compliance"), Visit("/alerts", "auditor")),
)
