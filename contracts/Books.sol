// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Step} from "./types/Capture.sol";
import {Totals} from "./types/Custody.sol";

/// @title The double entry behind the ledger: each entry takes from one place what it puts in another.
/// @dev Decides nothing: whoever writes an entry has checked it. Arithmetic still stops an entry that would overdraw.
abstract contract Books {
    /// @dev One slot: the guard against replay, and for a shipment its consignment. `step` is None until recorded.
    struct Record {
        uint128 open;
        uint40 batch;
        uint32 sender;
        uint32 addressee;
        Step step;
    }

    /// @dev What a move needs shares the first slot. `number` counts births from 1; 0 means not born. 104 bits of
    /// millilitres are more than the sea holds; a birth is checked against it, and nothing else adds to a batch.
    struct Batch {
        uint104 held;
        uint104 inTransit;
        uint40 number;
        bool recalled;
        uint128 born;
        uint128 consumed;
        uint128 sold;
        uint128 lost;
        bytes32 units;
    }

    /// @dev The most that can be born at once.
    uint128 internal constant QUANTITY_MAX = type(uint104).max;

    uint40 private _births;
    mapping(bytes32 batch => Batch) private _batches;
    mapping(uint40 number => bytes32 batch) private _batchIds;
    mapping(bytes32 batch => mapping(bytes32 party => uint128)) private _holdings;
    mapping(bytes32 evidence => Record) private _records;

    // Entries

    function _enter(bytes32 evidence, Step step) internal {
        _records[evidence].step = step;
    }

    function _bear(bytes32 batch, bytes32 party, uint128 quantity) internal {
        Batch storage entry = _batches[batch];
        uint40 number = ++_births;
        _batchIds[number] = batch;
        entry.number = number;
        entry.held = uint104(quantity);
        entry.born = quantity;
        _holdings[batch][party] = quantity;
    }

    function _consume(bytes32 batch, bytes32 party, uint128 quantity) internal {
        _holdings[batch][party] -= quantity;
        _batches[batch].held -= uint104(quantity);
        _batches[batch].consumed += quantity;
    }

    function _send(bytes32 evidence, bytes32 batch, bytes32 party, uint32 sender, uint32 addressee, uint128 quantity)
        internal
    {
        Batch storage entry = _batches[batch];
        _holdings[batch][party] -= quantity;
        (entry.held, entry.inTransit) = (entry.held - uint104(quantity), entry.inTransit + uint104(quantity));
        _records[evidence] =
            Record({open: quantity, batch: entry.number, sender: sender, addressee: addressee, step: Step.Ship});
    }

    function _arrive(bytes32 consigned, bytes32 batch, bytes32 party, uint128 quantity) internal {
        Batch storage entry = _batches[batch];
        _records[consigned].open -= quantity;
        (entry.held, entry.inTransit) = (entry.held + uint104(quantity), entry.inTransit - uint104(quantity));
        _holdings[batch][party] += quantity;
    }

    function _sell(bytes32 batch, bytes32 party, uint128 quantity) internal {
        _holdings[batch][party] -= quantity;
        _batches[batch].held -= uint104(quantity);
        _batches[batch].sold += quantity;
    }

    function _lose(bytes32 batch, bytes32 party, uint128 quantity) internal {
        _holdings[batch][party] -= quantity;
        _batches[batch].held -= uint104(quantity);
        _batches[batch].lost += quantity;
    }

    function _loseInTransit(bytes32 consigned, bytes32 batch, uint128 quantity) internal {
        _records[consigned].open -= quantity;
        _batches[batch].inTransit -= uint104(quantity);
        _batches[batch].lost += quantity;
    }

    function _setUnits(bytes32 batch, bytes32 units) internal {
        _batches[batch].units = units;
    }

    function _setRecalled(bytes32 batch, bool isRecalled) internal {
        _batches[batch].recalled = isRecalled;
    }

    // Balances

    function _numberOf(bytes32 batch) internal view returns (uint40) {
        return _batches[batch].number;
    }

    function _isRecalled(bytes32 batch) internal view returns (bool) {
        return _batches[batch].recalled;
    }

    function _unitsOf(bytes32 batch) internal view returns (bytes32) {
        return _batches[batch].units;
    }

    function _heldBy(bytes32 batch, bytes32 party) internal view returns (uint128) {
        return _holdings[batch][party];
    }

    function _isRecorded(bytes32 evidence) internal view returns (bool) {
        return _records[evidence].step != Step.None;
    }

    function _recordOf(bytes32 evidence) internal view returns (Record memory) {
        return _records[evidence];
    }

    function _batchAt(uint40 number) internal view returns (bytes32) {
        return _batchIds[number];
    }

    function _totalsOf(bytes32 batch) internal view returns (Totals memory) {
        Batch storage entry = _batches[batch];
        return Totals({
            born: entry.born,
            held: entry.held,
            inTransit: entry.inTransit,
            sold: entry.sold,
            lost: entry.lost,
            consumed: entry.consumed
        });
    }
}
