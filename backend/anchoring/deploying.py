"""Putting a brand's contracts on a chain, once; web3 reads their ABIs, the relayer's own edge sends."""

from datetime import timedelta
from time import monotonic, sleep

import rlp
from eth_hash.auto import keccak
from web3 import Web3
from web3.contract import Contract

from backend.anchoring.relayer import Chain
from backend.anchoring.rules import Call, Delivery
from backend.errors import JiulianError, Unavailable
from ledger_indexer.bindings.abi import contract
from ledger_indexer.bindings.deployments import FIELDS, Deployment, code_hash
from ledger_indexer.bindings.verifier import CREATE2_FACTORY, p256_verifier

FINALITY_DEPTH = 2
NOTICE_S = 2 * 86_400
"""Seconds for which a key waits that its party did not admit: the least that the contract takes."""
SANCTION_DELAY = timedelta(hours=24)
"""How long a change of standing waits on chain, where the deployment does not say otherwise."""
ADMIN, ENROLLER, SANCTIONER, PUBLISHER = 0, 1, 2, 3
"""Roles of the AccessManager: who gives out roles, who enrols, who sanctions, who publishes heads."""
_DUTIES = {
    ENROLLER: ("Participants", ("enrolParty", "invite", "propose", "revokeDevice")),
    SANCTIONER: ("Participants", ("setStanding",)),
    PUBLISHER: ("EvidenceLog", ("append",)),
}
_CREATED = ("AccessManager", "Participants", "BatchLedger", "EvidenceLog")
"""In the order of their creation: each may be told where those before it are."""
_PATIENCE_S = 120.0
_POLL_MOST_S = 1.0
_GAS_CREATE, _GAS_SETUP = 6_000_000, 300_000


class SameKey(JiulianError):
    """Whoever enrols must neither sanction nor give out that duty: name another account."""


class DeploymentFailed(JiulianError):
    """A transaction of the deployment reverted."""


def deploy(
    rpc: str,
    key: bytes | str,
    *,
    sanctioner: bytes,
    sanction_delay: timedelta = SANCTION_DELAY,
    administrator: bytes | None = None,
    finality_depth: int = FINALITY_DEPTH,
) -> Deployment:
    """Deploy a brand's set of contracts; waits until all of it is mined.

    The relayer of `key` enrols, revokes devices and publishes heads. Standings are changed by another account alone:
    `sanctioner` (20 bytes), whose word carries `sanction_delay` on chain. Duties are granted afterwards by the
    AccessManager's `administrator` (20 bytes; the sanctioner where nobody else is named), whose word carries the same
    delay: the relayer gives that role away as its last act, so that its key can never make itself a sanctioner.

    Raises:
        SameKey: the sanctioner or the administrator is the relayer itself.
        Unavailable: the node does not answer or mines nothing.
        DeploymentFailed: a transaction reverted.
    """
    chain = Chain(rpc, key, patience_s=_PATIENCE_S)
    administrator = administrator or sanctioner
    if chain.relayer in (sanctioner, administrator):
        raise SameKey(account=_text(chain.relayer))
    holders = {ENROLLER: (chain.relayer, 0), PUBLISHER: (chain.relayer, 0)}
    holders[SANCTIONER] = (sanctioner, int(sanction_delay.total_seconds()))
    quote = chain.quote()
    at = {name: _created_by(chain.relayer, quote.nonce + place) for place, name in enumerate(_CREATED)}
    calls = [*_creations(at, chain.relayer), *_duties(at, holders)]
    calls += _handing_over(at["AccessManager"], chain.relayer, administrator, holders[SANCTIONER][1])
    if not chain.code_of(p256_verifier()) and chain.code_of(CREATE2_FACTORY):
        calls.append(Call(CREATE2_FACTORY, bytes(32) + _bytes(_form("P256Sha256Verifier").bytecode), _GAS_CREATE))
    signed = [chain.sign(call, quote.nonce + place, quote.fee) for place, call in enumerate(calls)]
    for each in signed:
        if chain.send(each.raw) is Delivery.UNDERPRICED:
            raise Unavailable(f"another transaction of 0x{chain.relayer.hex()} waits in the place of ours")
    for each in signed:
        _await(chain, each.hash)
    return Deployment(
        chain_id=chain.chain_id,
        **{field: _text(at[name]) for name, field in FIELDS.items()},
        block=chain.block_of(signed[0].hash),
        finality_depth=finality_depth,
        code_hashes={FIELDS[name]: code_hash(chain.code_of(address)) for name, address in at.items()},
        sanctioner=_text(sanctioner),
        sanction_delay_s=holders[SANCTIONER][1],
    )


def _form(name: str) -> type[Contract]:
    exported = contract(name)
    return Web3().eth.contract(abi=exported.abi, bytecode=exported.bytecode)


def _text(address: bytes) -> str:
    return "0x" + address.hex()


def _bytes(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes) else bytes.fromhex(str(value).removeprefix("0x"))


def _created_by(sender: bytes, nonce: int) -> bytes:
    return keccak(rlp.encode([sender, nonce]))[12:]


def _creations(at: dict[str, bytes], relayer: bytes) -> list[Call]:
    arguments: dict[str, list[str | int]] = {
        "AccessManager": [_checked(relayer)],
        "Participants": [_checked(at["AccessManager"]), NOTICE_S],
        "BatchLedger": [_checked(at["Participants"])],
        "EvidenceLog": [_checked(at["AccessManager"])],
    }
    made = (_form(name).constructor(*arguments[name]).data_in_transaction for name in _CREATED)
    return [Call(b"", _bytes(code), _GAS_CREATE) for code in made]


def _duties(at: dict[str, bytes], holders: dict[int, tuple[bytes, int]]) -> list[Call]:
    """Which role may call what, and who has it with which delay in seconds."""
    manager, calls = _form("AccessManager"), []
    for role, (name, functions) in _DUTIES.items():
        form, (holder, delay) = _form(name), holders[role]
        selectors = [_bytes(keccak(form.get_function_by_name(each).signature.encode())[:4]) for each in functions]
        for function, values in (
            ("setTargetFunctionRole", [_checked(at[name]), selectors, role]),
            ("grantRole", [role, _checked(holder), delay]),
        ):
            calls.append(Call(at["AccessManager"], _bytes(manager.encode_abi(function, args=values)), _GAS_SETUP))
    return calls


def _handing_over(manager: bytes, relayer: bytes, administrator: bytes, delay: int) -> list[Call]:
    """The right to give out duties goes to the administrator, with a delay in seconds; the relayer keeps none of it."""
    form = _form("AccessManager")
    wanted = (
        ("grantRole", [ADMIN, _checked(administrator), delay]),
        ("renounceRole", [ADMIN, _checked(relayer)]),
    )
    return [Call(manager, _bytes(form.encode_abi(name, args=values)), _GAS_SETUP) for name, values in wanted]


def _checked(address: bytes) -> str:
    """An address as web3 takes it, with its checksum (EIP-55)."""
    return Web3.to_checksum_address(_text(address))


def _await(chain: Chain, tx_hash: bytes) -> None:
    deadline, pause = monotonic() + _PATIENCE_S, 0.01
    while (outcome := chain.outcome(tx_hash)) is None:
        pause = min(_POLL_MOST_S, 2 * pause)
        if monotonic() > deadline:
            raise Unavailable(f"transaction 0x{tx_hash.hex()} is in no block after {_PATIENCE_S:.0f} s")
        sleep(pause)
    if not outcome:
        raise DeploymentFailed(transaction="0x" + tx_hash.hex())
