"""The indexer and the chain know nothing of the product; their commands are lent what the product's settings say."""

from collections.abc import Callable

from backend.cli.parts import database
from backend.nodes import find_node
from backend.settings import Settings, get_settings
from ledger_indexer.settings import LENT


def lend_settings(part: str) -> dict[str, object]:
    """Lend the part what it would otherwise have to be told; gives defaults of its commands' options, by command.

    Raises:
        WrongSettings: the environment sets what is no setting.
    """
    if part == "index":
        _lend_index(get_settings())
    if part != "chain":
        return {}
    home = str(get_settings().chain_home)
    return {command: {"home": home} for command in ("run", "status", "snapshot", "replay")}


def _lend_index(settings: Settings) -> None:
    """Database, deployment and node. The database is asked for only where it is needed, since that starts it."""
    lent: dict[str, Callable[[], object]] = {
        "database_url": lambda: database(settings),
        "deployment": lambda: settings.deployment_path,
        "log_format": lambda: settings.log.format,
    }
    if (node := find_node(settings)) is not None:
        lent["rpc_url"] = lambda: node.http
    LENT.set(lent)
