// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Books} from "../../../contracts/Books.sol";
import {Step} from "../../../contracts/types/Capture.sol";
import {Totals} from "../../../contracts/types/Custody.sol";
import {Bits} from "./Bits.sol";

/// The books with their entries open, each made as the ledger makes it for one capture.
contract OpenBooks is Books {
    function ship(bytes32 evidence, bytes32 batch, bytes32 party, uint128 quantity) external {
        _send(evidence, batch, party, 1, 2, quantity);
    }

    /// A receipt by the addressee, or a return to the sender: the ledger chooses the party.
    function arrive(bytes32 evidence, bytes32 ref, bytes32 batch, bytes32 party, uint128 quantity) external {
        _enter(evidence, Step.Receive, 2, uint200(uint256(evidence)));
        _arrive(ref, batch, party, quantity);
    }

    function sell(bytes32 evidence, bytes32 batch, bytes32 party, uint128 quantity) external {
        _enter(evidence, Step.Sell, 2, uint200(uint256(evidence)));
        _sell(batch, party, quantity);
    }

    function lose(bytes32 evidence, bytes32 batch, bytes32 party, uint128 quantity) external {
        _enter(evidence, Step.WriteOff, 2, uint200(uint256(evidence)));
        _lose(batch, party, quantity);
    }

    function loseInTransit(bytes32 evidence, bytes32 ref, bytes32 batch, uint128 quantity) external {
        _enter(evidence, Step.WriteOff, 2, uint200(uint256(evidence)));
        _loseInTransit(ref, batch, quantity);
    }

    function bear(bytes32 evidence, bytes32 batch, bytes32 party, uint128 quantity) external {
        _enter(evidence, Step.Harvest, 1, uint200(uint256(evidence)));
        _bear(batch, party, quantity);
    }

    function consume(bytes32 batch, bytes32 party, uint128 quantity) external {
        _consume(batch, party, quantity);
    }

    function speak(bytes32 evidence, bytes32 batch, bytes32 units, bool recall, uint128 quantity) external {
        _enter(evidence, Step.Recall, 1, uint200(uint256(evidence)));
        _setRecalled(batch, recall);
        _setUnitsRecalled(batch, units, quantity);
        _setUnits(batch, units);
    }

    // As the ledger makes it for a declaration

    function unship(bytes32 evidence, bytes32 voids, bytes32 batch, bytes32 party, uint128 quantity) external {
        _declare(evidence, Step.Ship, voids);
        _arrive(voids, batch, party, quantity);
    }

    function unarrive(bytes32 evidence, bytes32 voids, bytes32 ref, bytes32 batch, bytes32 party, uint128 quantity)
        external
    {
        _declare(evidence, Step.Receive, voids);
        _unarrive(ref, batch, party, quantity);
    }

    function unsell(bytes32 evidence, bytes32 voids, bytes32 batch, bytes32 party, uint128 quantity) external {
        _declare(evidence, Step.Sell, voids);
        _unsell(batch, party, quantity);
    }

    function unlose(bytes32 evidence, bytes32 voids, bytes32 batch, bytes32 party, uint128 quantity) external {
        _declare(evidence, Step.WriteOff, voids);
        _unlose(batch, party, quantity);
    }

    function unloseInTransit(bytes32 evidence, bytes32 voids, bytes32 ref, bytes32 batch, uint128 quantity) external {
        _declare(evidence, Step.WriteOff, voids);
        _unloseInTransit(ref, batch, quantity);
    }

    function unbear(bytes32 evidence, bytes32 voids, bytes32 batch, bytes32 party, uint128 quantity) external {
        _declare(evidence, Step.Harvest, voids);
        _unbear(batch, party, quantity);
    }

    function unconsume(bytes32 batch, bytes32 party, uint128 quantity) external {
        _unconsume(batch, party, quantity);
    }

    function held(bytes32 batch, bytes32 party) external view returns (uint128) {
        return _heldBy(batch, party);
    }

    function totals(bytes32 batch) external view returns (Totals memory) {
        return _totalsOf(batch);
    }

    function numberOf(bytes32 batch) external view returns (uint40) {
        return _numberOf(batch);
    }

    function open(bytes32 consignment) external view returns (uint128) {
        Record memory entry = _recordOf(consignment);
        return uint128(Bits.unless(entry.step != Step.Ship, uint64(entry.content)));
    }

    function isShipment(bytes32 consignment) external view returns (bool) {
        return _recordOf(consignment).step == Step.Ship;
    }

    function isRecorded(bytes32 evidence) external view returns (bool) {
        return _isRecorded(evidence);
    }
}
