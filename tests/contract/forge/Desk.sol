// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {BatchLedger} from "../../../contracts/BatchLedger.sol";
import {Participants} from "../../../contracts/Participants.sol";
import {P256Sha256Verifier} from "../../../contracts/P256Sha256Verifier.sol";
import {Capture, CaptureHash, Input, SignedCapture, Step} from "../../../contracts/types/Capture.sol";
import {Roles} from "../../../contracts/types/Party.sol";
import {Keys} from "./Keys.sol";
import {VM} from "./Vm.sol";

/// A trade at its beginning: a brand with 100 of BATCH, a dealer, a store, an inspector; and how they speak.
abstract contract Desk {
    bytes32 internal constant BATCH = "batch";
    bytes32 internal constant GRAIN = "grain";
    bytes32 internal constant UNITS = "units";
    bytes32 internal constant BRAND = "brand";
    bytes32 internal constant DEALER = "dealer";
    bytes32 internal constant STORE = "store";
    bytes32 internal constant INSPECTOR = "inspector";

    Participants internal _participants;
    BatchLedger internal _ledger;
    P256Sha256Verifier internal _verifier;
    /// The harvest that bore BATCH, encoded.
    bytes internal _first;
    uint256 private _said;

    function setUp() public virtual {
        AccessManager manager = new AccessManager(address(this));
        _participants = new Participants(address(manager), 2 days);
        _ledger = new BatchLedger(_participants);
        _verifier = new P256Sha256Verifier();
        bytes4[] memory selectors = new bytes4[](5);
        selectors[0] = _participants.enrolParty.selector;
        selectors[1] = _participants.invite.selector;
        selectors[2] = _participants.setStanding.selector;
        selectors[3] = _participants.revokeDevice.selector;
        selectors[4] = _participants.propose.selector;
        manager.setTargetFunctionRole(address(_participants), selectors, 1);
        manager.grantRole(1, address(this), 0);
        _enrol(BRAND, Roles.BRAND | Roles.PRODUCER);
        _enrol(DEALER, Roles.DEALER);
        _enrol(STORE, Roles.STORE);
        _enrol(INSPECTOR, Roles.INSPECTOR);
        Capture memory harvest = _capture(Step.Harvest, 100);
        _first = abi.encode(harvest);
        _done(BRAND, harvest);
    }

    function _enrol(bytes32 party, uint8 roles) internal {
        _participants.enrolParty(party, roles, 0);
        Keys.first(_participants, party, _key(party));
    }

    function _key(bytes32 party) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(party))) >> 8;
    }

    function _signer(bytes32 party) internal pure returns (bytes memory) {
        return abi.encodePacked(VM.addr(_key(party)));
    }

    // Captures of BATCH

    function _capture(Step step, uint128 quantity) internal returns (Capture memory capture) {
        capture.evidence = keccak256(abi.encode("evidence", ++_said));
        capture.batch = BATCH;
        capture.step = step;
        capture.quantity = quantity;
    }

    function _shipment(bytes32 to, uint128 quantity) internal returns (Capture memory capture) {
        capture = _capture(Step.Ship, quantity);
        capture.counterparty = to;
    }

    function _answer(Step step, bytes32 consignment, uint128 quantity) internal returns (Capture memory capture) {
        capture = _capture(step, quantity);
        capture.ref = consignment;
    }

    function _units(Step step, bytes32 units, uint128 quantity) internal returns (Capture memory capture) {
        capture = _capture(step, quantity);
        capture.units = units;
    }

    function _made(Step step, bytes32 batch, bytes32 from, uint128 quantity) internal returns (Capture memory capture) {
        capture = _capture(step, 10);
        capture.batch = batch;
        capture.inputs = new Input[](1);
        capture.inputs[0] = Input(from, quantity);
    }

    /// The same again, declared not to have happened.
    function _voiding(Capture memory voided) internal returns (Capture memory capture) {
        capture = abi.decode(abi.encode(voided), (Capture));
        capture.evidence = keccak256(abi.encode("evidence", ++_said));
        capture.voids = voided.evidence;
    }

    // Saying them

    function _shipped(bytes32 from, bytes32 to, uint128 quantity) internal returns (bytes32) {
        return _done(from, _shipment(to, quantity));
    }

    function _stocked(bytes32 party, uint128 quantity) internal {
        _done(party, _answer(Step.Receive, _shipped(BRAND, party, quantity), quantity));
    }

    function _done(bytes32 party, Capture memory capture) internal returns (bytes32) {
        _send(capture, _signer(party), _signature(party, capture));
        require(_ledger.recorded(capture.evidence), "refused");
        return capture.evidence;
    }

    function _refused(bytes32 party, Capture memory capture, bytes4 reason) internal {
        _refused(capture, _signer(party), _signature(party, capture), reason);
    }

    /// Nothing but the refusal is told, and nothing is changed.
    function _refused(Capture memory capture, bytes memory signer, bytes memory signature, bytes4 reason) internal {
        bytes32 before = keccak256(abi.encode(_ledger.totals(BATCH), _ledger.recorded(capture.evidence)));
        VM.recordLogs();
        _send(capture, signer, signature);
        bytes32 then = keccak256(abi.encode(_ledger.totals(BATCH), _ledger.recorded(capture.evidence)));
        require(before == then, "a refusal changed something");
        require(_only(VM.getRecordedLogs()[0].data) == reason, "refused for another reason");
    }

    function _send(Capture memory capture, bytes memory signer, bytes memory signature) internal {
        SignedCapture[] memory captures = new SignedCapture[](1);
        captures[0] = SignedCapture(capture, signer, signature);
        _ledger.record(captures);
    }

    function _only(bytes memory log) private pure returns (bytes4) {
        return bytes4(abi.decode(log, (bytes)));
    }

    function _signature(bytes32 party, Capture memory capture) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(_key(party), this.digest(capture));
        return abi.encodePacked(r, s, v);
    }

    function digest(Capture calldata capture) external view returns (bytes32) {
        bytes32 domain = MessageHashUtils.toDomainSeparator(
            bytes1(0x0f), string("Jiulian BatchLedger"), string("1"), block.chainid, address(_ledger), bytes32(0)
        );
        return MessageHashUtils.toTypedDataHash(domain, CaptureHash.structHash(capture));
    }
}
