"""The lanes of this installation: one for each key that carries captures to the deployed contracts."""

from datetime import timedelta

from backend import nodes
from backend.anchoring.relayer import Chain
from backend.anchoring.rules import Carrier
from backend.errors import Unavailable
from backend.settings import Settings
from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.node.keys import relayer_keys

LANES, SANCTIONER_ACCOUNT = 4, 4
"""Keys that carry captures on the embedded chain (on another one, as many as are configured), and the account after
them that changes standings there."""


def open_carrier(settings: Settings) -> Carrier:
    """A lane for each of our keys at the configured or embedded node, for the deployed contracts.

    Raises:
        Unavailable: no contracts are deployed yet, or no node is known.
    """
    node = nodes.get_node(settings)
    try:
        deployment = Deployment.load(settings.deployment_path)
        keys = [key.get_secret_value() for key in settings.chain.relayer_keys] or relayer_keys(
            settings.chain_home, LANES
        )
    except FileNotFoundError as error:
        raise Unavailable(f"no contracts are deployed yet: {error.filename} is not there") from error
    lanes = tuple(Chain(node.http, key) for key in keys)
    patience = timedelta(seconds=settings.chain.bundle_after_s)
    return Carrier(lanes, deployment, patience, _open_sanctioner(settings, deployment, node.http))


def _open_sanctioner(settings: Settings, deployment: Deployment, rpc: str) -> Chain | None:
    """The key that changes standings, when it is the one of the account that the deployment names for it."""
    keys: list[bytes | str] = []
    if settings.chain.sanctioner_key is not None:
        keys.append(settings.chain.sanctioner_key.get_secret_value())
    elif not settings.chain.relayer_keys:
        keys += relayer_keys(settings.chain_home, SANCTIONER_ACCOUNT + 1)[SANCTIONER_ACCOUNT:]
    found = (Chain(rpc, key) for key in keys)
    return next((each for each in found if "0x" + each.relayer.hex() == (deployment.sanctioner or "").lower()), None)
