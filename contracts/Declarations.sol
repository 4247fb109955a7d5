// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Books} from "./Books.sol";
import {IBatchLedger} from "./interfaces/IBatchLedger.sol";
import {IParticipants} from "./interfaces/IParticipants.sol";
import {Steps} from "./lib/Steps.sol";
import {Capture, Input, Step} from "./types/Capture.sol";
import {Validity} from "./types/Custody.sol";
import {Actor} from "./types/Party.sol";

/// @title Declarations that a capture did not happen, and the opposite entries they make.
abstract contract Declarations is IBatchLedger, Books {
    IParticipants internal immutable PARTICIPANTS;

    constructor(IParticipants participants) {
        PARTICIPANTS = participants;
    }

    // What speaks against a declaration

    function _refusalOfVoid(Capture calldata capture, Actor memory actor, uint200 content)
        internal
        view
        returns (bytes memory)
    {
        Step step = capture.step;
        bytes32 voids = capture.voids;
        if (step == Step.Recall || step == Step.Lift) return abi.encodeWithSelector(StepNotVoidable.selector, step);
        Record memory entry = _recordOf(voids);
        if (entry.step == Step.None) return abi.encodeWithSelector(VoidedUnknown.selector, voids);
        if (entry.validity == Validity.Voided) return abi.encodeWithSelector(VoidedBefore.selector, voids);
        if (entry.validity == Validity.Declaration) {
            return abi.encodeWithSelector(DeclarationNotVoidable.selector, voids);
        }
        if (entry.party != actor.number) return abi.encodeWithSelector(NotItsParty.selector, voids, actor.party);
        if (step == Step.Ship) return _refusalOfUnsent(capture);
        // The step is part of the content, so that a shipment, whose record has its consignment there, is told apart too.
        if (entry.step == Step.Ship || entry.content != content) {
            return abi.encodeWithSelector(ContentDiffers.selector, voids);
        }
        if (step == Step.Receive || step == Step.Return) return _refusalOfUnarrived(capture, actor);
        if (step == Step.Commission || Steps.bears(step)) return _refusalOfUnborn(capture.batch, actor.party);
        return "";
    }

    /// @dev The slot of a shipment has room for all that moves goods. What it says beside that, where, when, of which units
    /// and for which order, is in its evidence alone.
    function _refusalOfUnsent(Capture calldata capture) private view returns (bytes memory) {
        Shipment memory entry = _shipmentOf(capture.voids);
        bool same = entry.shipped == capture.quantity && entry.batch == _numberOf(capture.batch)
            && entry.addressee == PARTICIPANTS.partyOf(capture.counterparty).number && capture.inputs.length == 0;
        if (!same || entry.batch == 0) return abi.encodeWithSelector(ContentDiffers.selector, capture.voids);
        if (entry.open != entry.shipped) {
            return abi.encodeWithSelector(ConsignmentMoved.selector, capture.voids, entry.shipped, entry.open);
        }
        return "";
    }

    function _refusalOfUnarrived(Capture calldata capture, Actor memory actor) private view returns (bytes memory) {
        bytes32 batch = capture.batch;
        // Goods that came back to their maker, who then voided the batch and bore it anew, are not those on the way.
        if (_shipmentOf(capture.ref).batch != _numberOf(batch)) {
            return abi.encodeWithSelector(ConsignmentUnknown.selector, capture.ref, batch);
        }
        bytes32 holder = capture.step == Step.Receive ? actor.party : _senderOf(capture.ref);
        if (capture.quantity > _heldBy(batch, holder)) return _holdsLess(batch, holder, capture.quantity);
        return "";
    }

    /// @dev What the birth and the codes of a batch ask alike: that nothing of it has left its party.
    function _refusalOfUnborn(bytes32 batch, bytes32 party) internal view returns (bytes memory) {
        uint128 born = _bornOf(batch);
        return _heldBy(batch, party) == born ? bytes("") : _holdsLess(batch, party, born);
    }

    function _holdsLess(bytes32 batch, bytes32 party, uint256 asked) internal view returns (bytes memory) {
        return abi.encodeWithSelector(HoldsLess.selector, batch, party, _heldBy(batch, party), asked);
    }

    // What a declaration does

    function _void(Capture calldata capture, Actor memory actor, bytes32 device) internal {
        Step step = capture.step;
        bytes32 batch = capture.batch;
        uint128 quantity = capture.quantity;
        _declare(capture.evidence, step, capture.voids);
        if (step == Step.Ship) _arrive(capture.voids, batch, actor.party, quantity);
        else if (step == Step.Receive) _unarrive(capture.ref, batch, actor.party, quantity);
        else if (step == Step.Return) _unarrive(capture.ref, batch, _senderOf(capture.ref), quantity);
        else if (step == Step.Sell) _unsell(batch, actor.party, quantity);
        else if (step == Step.WriteOff && capture.ref == 0) _unlose(batch, actor.party, quantity);
        else if (step == Step.WriteOff) _unloseInTransit(capture.ref, batch, quantity);
        else if (step == Step.Commission) _setUnits(batch, 0);
        else if (Steps.bears(step)) _unbear(batch, actor.party, quantity);
        _tellVoided(capture, actor.party, device);
        _giveBack(capture, actor.party);
    }

    function _senderOf(bytes32 consigned) internal view returns (bytes32) {
        return PARTICIPANTS.partyAt(_shipmentOf(consigned).sender);
    }

    function _giveBack(Capture calldata capture, bytes32 party) private {
        Input[] calldata inputs = capture.inputs;
        for (uint256 i = 0; i < inputs.length; ++i) {
            _unconsume(inputs[i].batch, party, inputs[i].quantity);
            emit InputRestored(capture.evidence, inputs[i].batch, inputs[i].quantity);
        }
    }

    function _tellVoided(Capture calldata capture, bytes32 party, bytes32 device) private {
        emit CaptureVoided(
            capture.evidence,
            capture.batch,
            party,
            capture.voids,
            capture.step,
            capture.quantity,
            capture.counterparty,
            capture.location,
            capture.time,
            capture.ref,
            device
        );
    }
}
