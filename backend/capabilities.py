"""All capabilities, in one list. What they announce is put together here for web, worker, navigation, demo and tests.

The order of the list is the order in which reactions follow a capture and in which jobs run.
"""

from backend.anchoring.capability import CAPABILITY as ANCHORING
from backend.capability import Link
from backend.capture.capability import CAPABILITY as CAPTURE
from backend.cases.capability import CAPABILITY as CASES
from backend.catalog.capability import CAPABILITY as CATALOG
from backend.custody.capability import CAPABILITY as CUSTODY
from backend.dealers.capability import CAPABILITY as DEALERS
from backend.identity.capability import CAPABILITY as IDENTITY
from backend.identity.rules import USER_ROLES, Principal
from backend.integrations.capability import CAPABILITY as INTEGRATIONS
from backend.operations.capability import CAPABILITY as OPERATIONS
from backend.orders.capability import CAPABILITY as ORDERS
from backend.reconciliation.capability import CAPABILITY as RECONCILIATION
from backend.risk.capability import CAPABILITY as RISK
from backend.stock.capability import CAPABILITY as STOCK
from backend.units.capability import CAPABILITY as UNITS
from backend.verification.capability import CAPABILITY as VERIFICATION
from backend.warehouse.capability import CAPABILITY as WAREHOUSE

CAPABILITIES = (
    IDENTITY,
    CATALOG,
    CAPTURE,
    UNITS,
    CUSTODY,
    ORDERS,
    ANCHORING,
    STOCK,
    DEALERS,
    VERIFICATION,
    RISK,
    RECONCILIATION,
    CASES,
    WAREHOUSE,
    INTEGRATIONS,
    OPERATIONS,
)

JOBS = tuple(job for each in CAPABILITIES for job in each.jobs)
REACTIONS = tuple(reaction for each in CAPABILITIES for reaction in each.capture_reactions)
ALERT_REACTIONS = tuple(reaction for each in CAPABILITIES for reaction in each.alert_reactions)
VISITS = tuple(visit for each in CAPABILITIES for visit in each.visits)
_LINKS = tuple(sorted((link for each in CAPABILITIES for link in each.links), key=lambda link: link.order))
HOMES = {role: link.path for role in USER_ROLES for link in _LINKS if role in link.home_of}
"""The page on which a role's day begins; of several roles the first one counts."""


def links_for(person: Principal) -> list[Link]:
    """The navigation of a person."""
    return [link for link in _LINKS if link.is_for(person)]


def home_of(person: Principal) -> str:
    """The page on which this person's day begins, one that he may open."""
    return next((path for role, path in HOMES.items() if role in person.roles), "/password")
