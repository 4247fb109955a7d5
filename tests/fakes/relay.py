"""Relayers' node with our contracts' manners, and the mirror behind it, in one object over a test's database.

It can fail before and after it has taken a transaction, refuse a sender, forget its pool, mine and rewind. It checks
what a chain checks: each sender's nonces without gaps, each used once; and what the contracts check: no evidence twice,
heads that only grow. Between senders it keeps no order but the one of `mine`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from eth_abi.abi import decode
from eth_hash.auto import keccak
from sqlalchemy import delete, insert, text
from sqlalchemy.orm import Session, sessionmaker

from backend.anchoring import calls
from backend.anchoring.rules import Call, Delivery, Fee, Quote, Signed
from backend.errors import Unavailable
from ledger_indexer.bindings.deployments import Deployment
from ledger_indexer.mirror.balances import Balances
from ledger_indexer.rows import balance_changes
from ledger_indexer.rows import tables as mirror
from scanner.device.signing import device_id
from scanner.evidence.proof import verify_consistency

REVOKED = b"revoked"
DEPLOYMENT = Deployment(20260, *("0x" + f"{n:040x}" for n in range(1, 5)), block=1, finality_depth=2)


class Died(BaseException):
    """The process was killed here."""


@dataclass
class FakeNode:
    """`faults` are taken one for each hand-over: "before", "after" (the process dies), "away" (Unavailable) or "".
    `refuse` names evidence that the ledger refuses, with its encoded reason; `poison` evidence with which any
    transaction reverts; `without_funds` senders it takes nothing from. `time` is that of its next blocks, in Unix
    seconds. A change of standing must be announced `sanction_delay` seconds before, unless that is 0.
    """

    sessions: sessionmaker[Session]
    faults: list[str] = field(default_factory=list)
    given: list[bytes] = field(default_factory=list)
    """Transactions that it took, as often as they were handed over."""
    pool: dict[tuple[bytes, int], bytes] = field(default_factory=dict)
    blocks: list[list[bytes]] = field(default_factory=list)
    reverted: set[bytes] = field(default_factory=set)
    refuse: dict[bytes, bytes] = field(default_factory=dict)
    without_funds: set[bytes] = field(default_factory=set)
    poison: set[bytes] = field(default_factory=set)
    fee: Fee = field(default_factory=lambda: Fee(10, 1))
    time: int = 0
    times: list[int] = field(default_factory=list)
    sanction_delay: int = 0
    block_gas: int = 60_000_000
    is_down: bool = False

    def confirmed_nonce(self, sender: bytes) -> int:
        """Transactions of a sender in blocks."""
        if self.is_down:
            raise Unavailable("the fake node is down")
        return sum(_sender(raw) == sender for block in self.blocks for raw in block)

    def send(self, raw: bytes) -> Delivery:
        """Take a transaction into the pool."""
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "before":
            raise Died
        if fault == "away":
            raise Unavailable("the fake node is away")
        if _sender(raw) in self.without_funds:
            raise Unavailable("the fake node refuses a transaction: insufficient funds")
        delivery = self._take(raw)
        self.given.append(raw)
        if fault == "after":
            raise Died
        return delivery

    def _take(self, raw: bytes) -> Delivery:
        said = json.loads(raw)
        if said["nonce"] < self.confirmed_nonce(_sender(raw)):
            return Delivery.SPENT
        known = self.pool.get(_place(raw))
        if known is not None and known != raw and json.loads(known)["fee"] >= said["fee"]:
            return Delivery.UNDERPRICED
        self.pool[_place(raw)] = raw
        return Delivery.TAKEN

    def outcome(self, tx_hash: bytes) -> bool | None:
        """Whether a mined transaction went well."""
        for block in self.blocks:
            for raw in block:
                if sha256(raw).digest() == tx_hash:
                    return tx_hash not in self.reverted
        return None

    # What tests do to it

    def mine(self, *, show: bool = True, senders: Sequence[bytes] | None = None) -> None:
        """A block of everything whose turn it is, of some senders or all, one sender after the other; the mirror shows
        it unless told not to."""
        block = []
        for sender in senders or sorted({sender for sender, _ in self.pool}):
            nonce = self.confirmed_nonce(sender)
            while (raw := self.pool.pop((sender, nonce), None)) is not None:
                block.append(raw)
                nonce += 1
        self.blocks.append(block)
        self.times.append(self.time)
        if show:
            self.show()

    def rewind(self, depth: int, *, forget: bool) -> None:
        """Take blocks back; their transactions return to the pool, or the node has forgotten them."""
        gone = [raw for block in self.blocks[-depth:] for raw in block]
        del self.blocks[-depth:], self.times[-depth:]
        self.pool = {} if forget else {_place(raw): raw for raw in gone} | self.pool
        self.show()

    def show(self) -> None:
        """Write the mirror anew from the blocks, as the indexer would leave it."""
        ledger = _Ledger(self)
        for number, block in enumerate(self.blocks, start=1):
            for index, raw in enumerate(block):
                ledger.execute(raw, number, index)
        with self.sessions() as session, session.begin():
            for table in (*mirror.LOG_TABLES, mirror.raw_block, mirror.cursor):
                session.execute(delete(table))
            for table, rows in ledger.rows.items():
                session.execute(insert(mirror.metadata.tables[table]), rows)
            _balance(session, ledger.rows)
            tip = {"id": 1, "deployment": b"", "number": len(self.blocks), "hash": b"", "block_time": self.time}
            session.execute(insert(mirror.cursor), [tip])


def _balance(session: Session, rows: dict[str, list[dict[str, Any]]]) -> None:
    """The derived tables, by the indexer's own arithmetic."""
    for table in (mirror.holding, mirror.consignment, mirror.batch_total):
        session.execute(delete(table))
    said = {
        table.name: [tuple(row[c.name] for c in table.columns) for row in rows.get(table.fullname, [])]
        for table in (mirror.captured, mirror.input_consumed, mirror.capture_voided, mirror.input_restored)
    }
    captured, used, voided, restored = said.values()
    changes = balance_changes.fold(captured, used, voided=voided, restored=restored)
    session.execute(text("set local search_path to mirror"))
    Balances(session.connection().connection.driver_connection).add(changes)
    session.execute(text("reset search_path"))


def _sender(raw: bytes) -> bytes:
    return bytes.fromhex(json.loads(raw)["from"])


def _place(raw: bytes) -> tuple[bytes, int]:
    return _sender(raw), json.loads(raw)["nonce"]


@dataclass
class FakeRelay:
    """One relayer at the node."""

    node: FakeNode
    relayer: bytes = b"\x11" * 20

    def quote(self) -> Quote:
        """What the chain says now."""
        return Quote(self.confirmed_nonce(), self.node.fee, self.node.block_gas)

    def confirmed_nonce(self) -> int:
        """Our transactions in blocks."""
        return self.node.confirmed_nonce(self.relayer)

    def sign(self, call: Call, nonce: int, fee: Fee) -> Signed:
        """Readable bytes instead of a signature."""
        said = {"from": self.relayer.hex(), "nonce": nonce, "to": call.to.hex(), "data": call.data.hex()}
        raw = json.dumps(said | {"fee": [fee.most, fee.tip]}).encode()
        return Signed(raw, sha256(raw).digest())

    def send(self, raw: bytes) -> Delivery:
        """Hand a transaction to the node."""
        return self.node.send(raw)

    def outcome(self, tx_hash: bytes) -> bool | None:
        """Whether a mined transaction went well."""
        return self.node.outcome(tx_hash)


class _Ledger:
    """What blocks of calls come to, by the contracts' manners."""

    def __init__(self, node: FakeNode) -> None:
        self.node = node
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.recorded: set[bytes] = set()
        self.parties: set[bytes] = set()
        self.devices: dict[bytes, bytes] = {}
        self.head: tuple[int, bytes] = (0, b"")
        self.standings: dict[bytes, int] = {}
        self.senders: dict[bytes, bytes] = {}
        self.announced: dict[bytes, int] = {}
        self._at = (0, 0, b"")
        self._log_index = 0

    def execute(self, raw: bytes, block: int, index: int) -> None:
        said = json.loads(raw)
        data = bytes.fromhex(said["data"])
        self._at = (block, index, sha256(raw).digest())
        if not self._call(data):
            self.node.reverted.add(self._at[2])

    def _call(self, data: bytes) -> bool:
        selector, arguments = data[:4], data[4:]
        if selector == _SELECTORS["record"]:
            captures = decode([calls._SIGNED + "[]"], arguments)[0]
            if self.node.poison.intersection(capture[0] for capture, _, _ in captures):
                return False
            for capture, signer, _ in captures:
                self._record(capture, signer)
        elif selector == _SELECTORS["append"]:
            return self._append(*decode(["bytes32", "uint64", "bytes32", "bytes32[]"], arguments))
        elif selector == _SELECTORS["enrol_party"]:
            party, roles, territory = decode(["bytes32", "uint8", "bytes32"], arguments)
            if party in self.parties:
                return False
            self.parties.add(party)
            self._log("party_enrolled", party=party, roles=roles, territory=territory)
            self._log("standing_changed", party=party, standing=1)
        elif selector == _SELECTORS["set_standing"]:
            return self._set_standing(data)
        elif selector == _SELECTORS["schedule"]:
            return self._schedule(decode(["address", "bytes", "uint48"], arguments)[1])
        elif selector == _SELECTORS["cancel"]:
            return self._cancel(decode(["address", "address", "bytes"], arguments)[2])
        elif selector == _SELECTORS["invite"]:
            party, invitation = decode(["bytes32", "address"], arguments)
            if party not in self.parties:
                return False
            self._log("device_invited", party=party, invitation=bytes.fromhex(invitation[2:]), ever=0)
        elif selector == _SELECTORS["redeem"]:
            party, signer, _, _ = decode(["bytes32", "bytes", "bytes", "bytes"], arguments)
            if party not in self.parties or device_id(signer) in self.devices:
                return False
            self._join(party, signer, way=1)
        elif selector == _SELECTORS["admit"]:
            signer, _, by, _ = decode(["bytes", "bytes", "bytes", "bytes"], arguments)
            party = self.devices.get(device_id(by), REVOKED)
            if party == REVOKED or device_id(signer) in self.devices:
                return False
            self._join(party, signer, way=2)
        elif selector == _SELECTORS["revoke_device"]:
            (signer,) = decode(["bytes"], arguments)
            if self.devices.get(device_id(signer), REVOKED) == REVOKED:
                return False
            party = self.devices[device_id(signer)]
            self.devices[device_id(signer)] = REVOKED
            self._log("device_revoked", device=device_id(signer), party=party, by=bytes(32))
        else:
            raise AssertionError(f"the fake knows no {selector.hex()}")
        return True

    def _set_standing(self, data: bytes) -> bool:
        party, standing = decode(["bytes32", "uint8"], data[4:])
        if self.node.sanction_delay:
            ready = self.announced.pop(data, None)
            if ready is None or self.node.times[self._at[0] - 1] < ready:
                return False
        if self.standings.get(party, 1) == standing:
            return False
        self.standings[party] = standing
        self._log("standing_changed", party=party, standing=standing)
        return True

    def _schedule(self, data: bytes) -> bool:
        if data in self.announced:
            return False
        self.announced[data] = self.node.times[self._at[0] - 1] + self.node.sanction_delay
        self._say(self.announced[data].to_bytes(32))
        return True

    def _cancel(self, data: bytes) -> bool:
        if self.announced.pop(data, None) is None:
            return False
        self._say(b"")
        return True

    def _say(self, data: bytes) -> None:
        """A raw log of the AccessManager."""
        block, index, tx_hash = self._at
        manager = bytes.fromhex(DEPLOYMENT.access_manager[2:])
        logs = {"log_index": [0], "tx_index": [index], "tx_hash": [tx_hash], "address": [manager]}
        row = {"block_number": block, "topics": [b""], "data": [data]} | logs
        rows = self.rows.setdefault("mirror.raw_block", [])
        same = next((each for each in rows if each["block_number"] == block), None)
        if same is None:
            rows.append(row)
        else:
            for name in (*logs, "topics", "data"):
                same[name] = same[name] + row[name]

    def _record(self, said: tuple[Any, ...], signer: bytes) -> None:
        evidence, batch, device = said[0], said[1], device_id(signer)
        reason = "EvidenceRecorded(bytes32)" if evidence in self.recorded else None
        if device not in self.devices:
            reason = "DeviceUnknown(bytes32)"
        elif self.devices[device] == REVOKED:
            reason = "DeviceIsRevoked(bytes32)"
        elif any(self.standings.get(party, 1) != 1 for party in self._dealing(said, self.devices[device])):
            reason = "PartyNotActive(bytes32)"
        elif _closes(said) and said[8] not in self.senders:
            reason = "ConsignmentUnknown(bytes32)"
        elif any(said[9]) and said[9] not in self.recorded:
            reason = "VoidedUnknown(bytes32)"
        body = keccak(reason.encode())[:4] + (evidence if "Evidence" in reason else device) if reason else None
        body = self.node.refuse.get(evidence, body)
        if body is not None:
            self._log("capture_refused", evidence=evidence, batch=batch, device=device, reason=body)
            return
        self.recorded.add(evidence)
        if said[2] == _SHIP and not any(said[9]):
            self.senders[evidence] = self.devices[device]
        names = ("step", "quantity", "counterparty", "location", "time", "units", "ref", "voids")
        values = dict(zip(names, said[2:10], strict=True))
        table, absent = ("capture_voided", "units") if any(values["voids"]) else ("captured", "voids")
        del values[absent]
        self._log(table, evidence=evidence, batch=batch, party=self.devices[device], device=device, **values)
        for used, quantity in said[10]:
            follows = "input_restored" if table == "capture_voided" else "input_consumed"
            self._log(follows, evidence=evidence, batch=used, quantity=quantity)

    def _dealing(self, said: tuple[Any, ...], speaker: bytes) -> set[bytes]:
        """Whose standing BatchLedger asks for; a declaration's is its speaker's alone."""
        if any(said[9]):
            return {speaker}
        if said[2] == _SHIP:
            return {speaker, said[4]}
        return {speaker, self.senders.get(said[8], speaker)} if said[2] in (_RECEIVE, _RETURN) else {speaker}

    def _join(self, party: bytes, signer: bytes, *, way: int) -> None:
        device = device_id(signer)
        self.devices[device] = party
        self._log("device_enrolled", device=device, party=party, signer=signer, way=way, by=bytes(32), since=0)

    def _append(self, log: bytes, size: int, root: bytes, proof: tuple[bytes, ...]) -> bool:
        old_size, old_root = self.head
        if size <= old_size:
            return False
        if old_size and not verify_consistency(old_size, old_root, size, root, list(proof)):
            return False
        self.head = (size, root)
        self._log("head_accepted", log=log, size=size, root=root, time=0)
        return True

    def _log(self, table: str, **values: Any) -> None:
        block, _, tx_hash = self._at
        place = {"block_number": block, "log_index": self._log_index, "tx_hash": tx_hash, "block_time": 0}
        self._log_index += 1
        self.rows.setdefault(f"mirror.{table}", []).append(place | values)


_SHIP, _RECEIVE, _RETURN, _WRITE_OFF = 9, 10, 11, 13


def _closes(said: tuple[Any, ...]) -> bool:
    """Whether a capture takes goods out of a consignment."""
    lost = said[2] == _WRITE_OFF and any(said[8])
    return not any(said[9]) and (said[2] in (_RECEIVE, _RETURN) or lost)


_SELECTORS = {
    "record": calls.record(DEPLOYMENT, []).data[:4],
    "append": calls.append(DEPLOYMENT, bytes(32), 1, bytes(32), []).data[:4],
    "enrol_party": calls.enrol_party(DEPLOYMENT, bytes(32), 1, bytes(32)).data[:4],
    "invite": calls.invite(DEPLOYMENT, bytes(32), bytes(20)).data[:4],
    "redeem": calls.redeem(DEPLOYMENT, bytes(32), bytes(20), b"", b"").data[:4],
    "admit": calls.admit(DEPLOYMENT, bytes(20), b"", bytes(20), b"").data[:4],
    "revoke_device": calls.revoke_device(DEPLOYMENT, bytes(20)).data[:4],
    "set_standing": calls.set_standing(DEPLOYMENT, bytes(32), "active").data[:4],
    "schedule": calls.schedule_standing(DEPLOYMENT, bytes(32), "active").data[:4],
    "cancel": calls.cancel_standing(DEPLOYMENT, bytes(20), bytes(32), "active").data[:4],
}
