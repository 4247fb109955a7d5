"""The indexer and the chain know nothing of the product; their commands get the product's settings as environment."""

from collections.abc import MutableMapping

from backend.cli.parts import database
from backend.nodes import find_node
from backend.settings import get_settings


def lend_settings(part: str, environment: MutableMapping[str, str]) -> None:
    """Fill in what the part would otherwise have to be told: database, node, deployment, folder of the chain."""
    settings = get_settings()
    if part == "chain":
        environment.setdefault("JIULIAN_CHAIN_HOME", str(settings.home / "chain"))
    if part == "index":
        environment.setdefault("JIULIAN_DEPLOYMENT", str(settings.deployment_path))
        if "DATABASE_URL" not in environment and "JIULIAN_DATABASE_URL" not in environment:
            environment["JIULIAN_DATABASE_URL"] = database(settings)
        if (node := find_node(settings)) is not None:
            environment.setdefault("JIULIAN_RPC_URL", node.http)
