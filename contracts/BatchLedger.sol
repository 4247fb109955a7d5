// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Declarations} from "./Declarations.sol";
import {IBatchLedger} from "./interfaces/IBatchLedger.sol";
import {IParticipants} from "./interfaces/IParticipants.sol";
import {Steps} from "./lib/Steps.sol";
import {Capture, CaptureHash, Input, SignedCapture, Step} from "./types/Capture.sol";
import {Consignment, Totals, Validity} from "./types/Custody.sol";
import {Actor, Party, Roles, Standing} from "./types/Party.sol";

/// @title The ledger of IBatchLedger.
/// @dev First everything that could speak against a capture is asked, in views that give the encoded refusal or nothing;
/// only then are entries made. So a refused capture has changed nothing and needs no call of its own to be undone.
contract BatchLedger is Declarations, EIP712 {
    /// @dev Device clocks may run ahead by this much.
    uint256 private constant CLOCK_DRIFT = 1 hours;
    /// @dev The most inputs of one capture, so that every capture fits into a transaction. Devices refuse more before
    /// they sign (`INPUTS_MAX` in scanner/device/reading.py).
    uint256 private constant INPUTS_MAX = 64;

    constructor(IParticipants participants) Declarations(participants) EIP712("Jiulian BatchLedger", "1") {}

    /// @inheritdoc IBatchLedger
    function record(SignedCapture[] calldata captures) external {
        bytes32 domain = _domainSeparatorV4();
        uint256 scratch;
        assembly ("memory-safe") {
            scratch := mload(0x40)
        }
        for (uint256 i = 0; i < captures.length; ++i) {
            SignedCapture calldata signed = captures[i];
            Capture calldata capture = signed.capture;
            bytes32 device = keccak256(signed.signer);
            Actor memory actor = PARTICIPANTS.actorOf(device);
            (bytes32 hash, uint200 content) = CaptureHash.hashesOf(capture);
            bytes32 digest = MessageHashUtils.toTypedDataHash(domain, hash);
            bytes memory refusal = _refusalOf(signed, device, actor, digest, content);
            if (refusal.length != 0) emit CaptureRefused(capture.evidence, capture.batch, device, refusal);
            else if (capture.voids == 0) _apply(capture, actor, device, content);
            else _void(capture, actor, device);
            // Nothing in memory outlives its capture. Memory is paid for by its square: give it back.
            assembly ("memory-safe") {
                mstore(0x40, scratch)
            }
        }
    }

    /// @inheritdoc IBatchLedger
    function held(bytes32 batch, bytes32 party) external view returns (uint128) {
        return _heldBy(batch, party);
    }

    /// @inheritdoc IBatchLedger
    function totals(bytes32 batch) external view returns (Totals memory) {
        return _totalsOf(batch);
    }

    /// @inheritdoc IBatchLedger
    function consignment(bytes32 evidence) external view returns (Consignment memory) {
        Shipment memory entry = _shipmentOf(evidence);
        return Consignment({
            batch: _batchAt(entry.batch),
            sender: PARTICIPANTS.partyAt(entry.sender),
            addressee: PARTICIPANTS.partyAt(entry.addressee),
            open: entry.open
        });
    }

    /// @inheritdoc IBatchLedger
    function unitsRoot(bytes32 batch) external view returns (bytes32) {
        return _unitsOf(batch);
    }

    /// @inheritdoc IBatchLedger
    function recorded(bytes32 evidence) external view returns (bool) {
        return _isRecorded(evidence);
    }

    /// @inheritdoc IBatchLedger
    function voided(bytes32 evidence) external view returns (bool) {
        return _recordOf(evidence).validity == Validity.Voided;
    }

    /// @inheritdoc IBatchLedger
    function recalled(bytes32 batch) external view returns (bool) {
        return _isRecalled(batch);
    }

    /// @inheritdoc IBatchLedger
    function recalledUnits(bytes32 batch, bytes32 units) external view returns (uint128) {
        return _unitsRecalled(batch, units);
    }

    // Who speaks

    function _refusalOf(
        SignedCapture calldata signed,
        bytes32 device,
        Actor memory actor,
        bytes32 digest,
        uint200 content
    ) private view returns (bytes memory) {
        bytes memory refusal = _refusalOfSpeaker(signed, device, actor, digest);
        return refusal.length != 0 ? refusal : _refusalOfStep(signed.capture, actor, content);
    }

    function _refusalOfSpeaker(SignedCapture calldata signed, bytes32 device, Actor memory actor, bytes32 digest)
        private
        view
        returns (bytes memory)
    {
        Capture calldata capture = signed.capture;
        if (capture.evidence == 0) return abi.encodeWithSelector(EvidenceMissing.selector);
        if (_isRecorded(capture.evidence)) {
            return abi.encodeWithSelector(EvidenceRecorded.selector, capture.evidence);
        }
        if (actor.number == 0) return abi.encodeWithSelector(DeviceUnknown.selector, device);
        if (actor.revoked) return abi.encodeWithSelector(DeviceIsRevoked.selector, device);
        if (!_isSigned(signed, digest)) return abi.encodeWithSelector(SignatureWrong.selector, device);
        return "";
    }

    function _isSigned(SignedCapture calldata signed, bytes32 digest) private view returns (bool) {
        if (signed.signer.length == 20) {
            address signer = address(bytes20(signed.signer));
            return SignatureChecker.isValidSignatureNowCalldata(signer, digest, signed.signature);
        }
        return SignatureChecker.isValidSignatureNow(signed.signer, digest, signed.signature);
    }

    // What speaks against a step

    function _refusalOfStep(Capture calldata capture, Actor memory actor, uint200 content)
        private
        view
        returns (bytes memory)
    {
        Step step = capture.step;
        if (capture.time > block.timestamp + CLOCK_DRIFT) {
            return abi.encodeWithSelector(FromTheFuture.selector, capture.time, block.timestamp);
        }
        if (actor.standing != Standing.Active) return _notActive(actor.party, actor.standing);
        if (actor.roles & Steps.allowedTo(step) == 0) {
            return abi.encodeWithSelector(StepNotAllowed.selector, actor.party, step, actor.roles);
        }
        if (capture.voids != 0) return _refusalOfVoid(capture, actor, content);
        bool makes = Steps.consumes(step);
        if (!makes && capture.inputs.length != 0) {
            return abi.encodeWithSelector(InputsUnexpected.selector, capture.batch);
        }
        if (Steps.bears(step)) return _refusalOfBirth(capture, actor);
        if (step == Step.Commission) return _refusalOfCommission(capture, actor);
        if (_numberOf(capture.batch) == 0) return abi.encodeWithSelector(BatchUnknown.selector, capture.batch);
        if (step == Step.Age || step == Step.Inspect) return "";
        if (step == Step.Recall || step == Step.Lift) return _refusalOfRecall(capture);
        return _refusalOfMove(capture, actor);
    }

    function _refusalOfBirth(Capture calldata capture, Actor memory actor) private view returns (bytes memory) {
        if (_numberOf(capture.batch) != 0) return abi.encodeWithSelector(BatchExists.selector, capture.batch);
        if (capture.quantity == 0) return _noQuantity(capture.batch);
        if (capture.quantity > QUANTITY_MAX) {
            return abi.encodeWithSelector(QuantityTooLarge.selector, capture.batch, capture.quantity);
        }
        if (capture.step == Step.Harvest) return "";
        Input[] calldata inputs = capture.inputs;
        if (inputs.length == 0) return abi.encodeWithSelector(InputsMissing.selector, capture.batch);
        if (inputs.length > INPUTS_MAX) {
            return abi.encodeWithSelector(InputsTooMany.selector, capture.batch, inputs.length, INPUTS_MAX);
        }
        for (uint256 i = 0; i < inputs.length; ++i) {
            bytes32 batch = inputs[i].batch;
            if (inputs[i].quantity == 0) return _noQuantity(batch);
            if (_numberOf(batch) == 0) return abi.encodeWithSelector(BatchUnknown.selector, batch);
            if (_isRecalled(batch)) return _recalled(batch);
            // A batch may be named more than once (two tanks of it): what counts is the sum.
            uint256 asked = 0;
            for (uint256 j = 0; j <= i; ++j) {
                if (inputs[j].batch == batch) asked += inputs[j].quantity;
            }
            if (asked > _heldBy(batch, actor.party)) return _holdsLess(batch, actor.party, asked);
        }
        return "";
    }

    /// @dev Only who bottled a batch and holds it whole: nobody can seize another's batch by a root of his own, not even
    /// one to whom all of it was shipped.
    function _refusalOfCommission(Capture calldata capture, Actor memory actor) private view returns (bytes memory) {
        if (capture.units == 0) return abi.encodeWithSelector(UnitsMissing.selector, capture.batch);
        bytes32 units = _unitsOf(capture.batch);
        if (units != 0) return abi.encodeWithSelector(UnitsCommissioned.selector, capture.batch, units);
        if (_numberOf(capture.batch) == 0) return abi.encodeWithSelector(BatchUnknown.selector, capture.batch);
        if (_makerOf(capture.batch) != actor.number) {
            return abi.encodeWithSelector(NotMaker.selector, capture.batch, actor.party);
        }
        return _refusalOfUnborn(capture.batch, actor.party);
    }

    function _refusalOfRecall(Capture calldata capture) private view returns (bytes memory) {
        if (capture.units != 0) return _refusalOfUnitsRecall(capture);
        bytes32 batch = capture.batch;
        bool stopped = _isRecalled(batch);
        if (stopped == (capture.step == Step.Lift)) return "";
        return stopped ? _recalled(batch) : _notRecalled(batch);
    }

    /// @dev Named units decide: a wrong number never makes a recall of them one of the whole batch. They are freed as they
    /// were stopped, all and in that number.
    function _refusalOfUnitsRecall(Capture calldata capture) private view returns (bytes memory) {
        bytes32 batch = capture.batch;
        if (capture.quantity == 0) return _noQuantity(batch);
        if (capture.quantity > _bornOf(batch)) {
            return abi.encodeWithSelector(QuantityTooLarge.selector, batch, capture.quantity);
        }
        uint128 stopped = _unitsRecalled(batch, capture.units);
        if (capture.step == Step.Lift) return stopped == capture.quantity ? bytes("") : _notRecalled(batch);
        return stopped == 0 ? bytes("") : _recalled(batch);
    }

    function _refusalOfMove(Capture calldata capture, Actor memory actor) private view returns (bytes memory) {
        Step step = capture.step;
        if (capture.quantity == 0) return _noQuantity(capture.batch);
        bool maker = actor.roles & Roles.MAKERS != 0;
        // A shipment is judged by where it goes, and a return is a way back in itself.
        if (step != Step.Ship && step != Step.Return && !maker && _isRecalled(capture.batch)) {
            return _recalled(capture.batch);
        }
        if (step == Step.Sell && _isRecalled(capture.batch)) return _recalled(capture.batch);
        if (step == Step.Receive || step == Step.Return || (step == Step.WriteOff && capture.ref != 0)) {
            return _refusalOfConsignment(capture, actor);
        }
        if (step == Step.Ship) {
            bytes memory refusal = _refusalOfAddressee(capture.batch, capture.counterparty);
            if (refusal.length != 0) return refusal;
        }
        if (capture.quantity > _heldBy(capture.batch, actor.party)) {
            return _holdsLess(capture.batch, actor.party, capture.quantity);
        }
        return "";
    }

    function _refusalOfAddressee(bytes32 batch, bytes32 id) private view returns (bytes memory) {
        Party memory party = PARTICIPANTS.partyOf(id);
        if (party.number == 0) return abi.encodeWithSelector(PartyUnknown.selector, id);
        if (party.standing != Standing.Active) return _notActive(id, party.standing);
        if (party.roles & Roles.HOLDERS == 0) {
            return abi.encodeWithSelector(CounterpartyUnsuited.selector, id, party.roles);
        }
        if (party.roles & Roles.MAKERS == 0 && _isRecalled(batch)) return _recalled(batch);
        return "";
    }

    function _refusalOfConsignment(Capture calldata capture, Actor memory actor) private view returns (bytes memory) {
        Shipment memory entry = _shipmentOf(capture.ref);
        if (entry.batch != _numberOf(capture.batch)) {
            return abi.encodeWithSelector(ConsignmentUnknown.selector, capture.ref, capture.batch);
        }
        bool lost = capture.step == Step.WriteOff;
        if (entry.addressee != actor.number && !(lost && entry.sender == actor.number)) {
            return abi.encodeWithSelector(NotAddressee.selector, capture.ref, actor.party);
        }
        if (!lost) {
            bytes32 sender = PARTICIPANTS.partyAt(entry.sender);
            if (capture.counterparty != 0 && capture.counterparty != sender) {
                return abi.encodeWithSelector(NotSender.selector, capture.ref, capture.counterparty);
            }
            Standing standing = PARTICIPANTS.partyOf(sender).standing;
            if (standing != Standing.Active) return _notActive(sender, standing);
        }
        if (capture.quantity > entry.open) {
            return abi.encodeWithSelector(OpenLess.selector, capture.ref, entry.open, capture.quantity);
        }
        return "";
    }

    function _notActive(bytes32 party, Standing standing) private pure returns (bytes memory) {
        return abi.encodeWithSelector(PartyNotActive.selector, party, standing);
    }

    function _recalled(bytes32 batch) private pure returns (bytes memory) {
        return abi.encodeWithSelector(BatchRecalled.selector, batch);
    }

    function _notRecalled(bytes32 batch) private pure returns (bytes memory) {
        return abi.encodeWithSelector(BatchNotRecalled.selector, batch);
    }

    function _noQuantity(bytes32 batch) private pure returns (bytes memory) {
        return abi.encodeWithSelector(QuantityMissing.selector, batch);
    }

    // What a step does

    function _apply(Capture calldata capture, Actor memory actor, bytes32 device, uint200 content) private {
        Step step = capture.step;
        bytes32 batch = capture.batch;
        uint128 quantity = capture.quantity;
        if (step == Step.Ship) {
            uint32 addressee = PARTICIPANTS.partyOf(capture.counterparty).number;
            _send(capture.evidence, batch, actor.party, actor.number, addressee, quantity);
        } else {
            _enter(capture.evidence, step, actor.number, content);
            if (step == Step.Receive) _arrive(capture.ref, batch, actor.party, quantity);
            else if (step == Step.Return) _arrive(capture.ref, batch, _senderOf(capture.ref), quantity);
            else if (step == Step.Sell) _sell(batch, actor.party, quantity);
            else if (step == Step.WriteOff && capture.ref == 0) _lose(batch, actor.party, quantity);
            else if (step == Step.WriteOff) _loseInTransit(capture.ref, batch, quantity);
            else if (step == Step.Commission) _setUnits(batch, capture.units);
            else if (step == Step.Recall || step == Step.Lift) _stop(capture, step == Step.Recall);
            else if (step != Step.Age && step != Step.Inspect) {
                _bear(batch, actor.party, quantity);
                _setMaker(batch, actor.number);
            }
        }
        _tell(capture, actor.party, device);
        _useUp(capture, actor.party);
    }

    function _stop(Capture calldata capture, bool isRecalled) private {
        if (capture.units != 0) _setUnitsRecalled(capture.batch, capture.units, isRecalled ? capture.quantity : 0);
        else _setRecalled(capture.batch, isRecalled);
    }

    function _useUp(Capture calldata capture, bytes32 party) private {
        Input[] calldata inputs = capture.inputs;
        for (uint256 i = 0; i < inputs.length; ++i) {
            _consume(inputs[i].batch, party, inputs[i].quantity);
            emit InputConsumed(capture.evidence, inputs[i].batch, inputs[i].quantity);
        }
    }

    function _tell(Capture calldata capture, bytes32 party, bytes32 device) private {
        emit Captured(
            capture.evidence,
            capture.batch,
            party,
            capture.step,
            capture.quantity,
            capture.counterparty,
            capture.location,
            capture.time,
            capture.units,
            capture.ref,
            device
        );
    }
}
