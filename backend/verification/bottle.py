"""What pages and files of a bottle share: its path, and the contracts it is checked against."""

from backend.errors import Unavailable
from backend.settings import Settings
from ledger_indexer.bindings.deployments import Deployment

BOTTLE = "/01/{gtin}/10/{batch}/21/{serial}"


def find_deployment(settings: Settings) -> Deployment | None:
    """The contracts a bottle is checked against, or None before they are deployed."""
    try:
        return Deployment.load(settings.deployment_path)
    except OSError:
        return None


def get_deployment(settings: Settings) -> Deployment:
    """The contracts a bottle is checked against.

    Raises:
        Unavailable: none are deployed yet.
    """
    found = find_deployment(settings)
    if found is None:
        raise Unavailable("no contracts are deployed yet")
    return found
