// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Step} from "./types/Capture.sol";
import {Totals} from "./types/Custody.sol";

/// @title The double entry behind the ledger: each entry takes from one place what it puts in another.
/// @dev Decides nothing: whoever writes an entry has checked it. Arithmetic still stops an entry that would overdraw.
abstract contract Books {
    using SafeCast for uint128;

    /// @dev One slot: the guard against replay, and for a shipment its consignment. `step` is None until recorded.
    struct Record {
        uint128 open;
        uint40 batch;
        uint32 sender;
        uint32 addressee;
        Step step;
    }

    /// @dev What shipping, receiving and selling need shares the first slot. `number` counts births from 1; 0 means not
    /// born. 64 bits of millilitres are eighteen billion cubic metres; a birth is checked against it, and nothing else adds
    /// to a batch.
    struct Batch {
        uint64 held;
        uint64 inTransit;
        uint64 sold;
        uint40 number;
        bool recalled;
        uint64 born;
        uint64 consumed;
        uint64 lost;
        bytes32 units;
    }

    /// @dev The most that can be born at once.
    uint128 internal constant QUANTITY_MAX = type(uint64).max;
    /// @dev How many holdings share a slot. Batches born one after another travel together, so a party that receives
    /// them mostly writes to a slot it has written before.
    uint40 private constant SHELF = 4;

    uint40 private _births;
    mapping(bytes32 batch => Batch) private _batches;
    mapping(uint40 number => bytes32 batch) private _batchIds;
    mapping(bytes32 party => mapping(uint40 shelf => uint64[SHELF])) private _holdings;
    mapping(bytes32 batch => mapping(bytes32 units => uint128)) private _recalledUnits;
    mapping(bytes32 evidence => Record) private _records;

    // Entries

    function _enter(bytes32 evidence, Step step) internal {
        _records[evidence].step = step;
    }

    function _bear(bytes32 batch, bytes32 party, uint128 quantity) internal {
        uint64 amount = quantity.toUint64();
        Batch storage entry = _batches[batch];
        uint40 number = ++_births;
        _batchIds[number] = batch;
        entry.number = number;
        entry.held = amount;
        entry.born = amount;
        _put(number, party, amount);
    }

    function _consume(bytes32 batch, bytes32 party, uint128 quantity) internal {
        uint64 amount = quantity.toUint64();
        Batch storage entry = _batches[batch];
        _take(entry.number, party, amount);
        entry.held -= amount;
        entry.consumed += amount;
    }

    function _send(bytes32 evidence, bytes32 batch, bytes32 party, uint32 sender, uint32 addressee, uint128 quantity)
        internal
    {
        uint64 amount = quantity.toUint64();
        Batch storage entry = _batches[batch];
        uint40 number = entry.number;
        _take(number, party, amount);
        (entry.held, entry.inTransit) = (entry.held - amount, entry.inTransit + amount);
        _records[evidence] =
            Record({open: quantity, batch: number, sender: sender, addressee: addressee, step: Step.Ship});
    }

    function _arrive(bytes32 consigned, bytes32 batch, bytes32 party, uint128 quantity) internal {
        uint64 amount = quantity.toUint64();
        Batch storage entry = _batches[batch];
        _records[consigned].open -= quantity;
        (entry.held, entry.inTransit) = (entry.held + amount, entry.inTransit - amount);
        _put(entry.number, party, amount);
    }

    function _sell(bytes32 batch, bytes32 party, uint128 quantity) internal {
        uint64 amount = quantity.toUint64();
        Batch storage entry = _batches[batch];
        _take(entry.number, party, amount);
        (entry.held, entry.sold) = (entry.held - amount, entry.sold + amount);
    }

    function _lose(bytes32 batch, bytes32 party, uint128 quantity) internal {
        uint64 amount = quantity.toUint64();
        Batch storage entry = _batches[batch];
        _take(entry.number, party, amount);
        entry.held -= amount;
        entry.lost += amount;
    }

    function _loseInTransit(bytes32 consigned, bytes32 batch, uint128 quantity) internal {
        uint64 amount = quantity.toUint64();
        Batch storage entry = _batches[batch];
        _records[consigned].open -= quantity;
        entry.inTransit -= amount;
        entry.lost += amount;
    }

    function _put(uint40 number, bytes32 party, uint64 amount) private {
        _holdings[party][number / SHELF][number % SHELF] += amount;
    }

    function _take(uint40 number, bytes32 party, uint64 amount) private {
        _holdings[party][number / SHELF][number % SHELF] -= amount;
    }

    function _setUnits(bytes32 batch, bytes32 units) internal {
        _batches[batch].units = units;
    }

    function _setRecalled(bytes32 batch, bool isRecalled) internal {
        _batches[batch].recalled = isRecalled;
    }

    function _setUnitsRecalled(bytes32 batch, bytes32 units, uint128 quantity) internal {
        _recalledUnits[batch][units] = quantity;
    }

    // Balances

    function _numberOf(bytes32 batch) internal view returns (uint40) {
        return _batches[batch].number;
    }

    function _isRecalled(bytes32 batch) internal view returns (bool) {
        return _batches[batch].recalled;
    }

    function _unitsRecalled(bytes32 batch, bytes32 units) internal view returns (uint128) {
        return _recalledUnits[batch][units];
    }

    function _bornOf(bytes32 batch) internal view returns (uint128) {
        return _batches[batch].born;
    }

    function _unitsOf(bytes32 batch) internal view returns (bytes32) {
        return _batches[batch].units;
    }

    function _heldBy(bytes32 batch, bytes32 party) internal view returns (uint128) {
        uint40 number = _batches[batch].number;
        return _holdings[party][number / SHELF][number % SHELF];
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
