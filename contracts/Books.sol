// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Step} from "./types/Capture.sol";
import {Totals, Validity} from "./types/Custody.sol";

/// @title The double entry behind the ledger: each entry takes from one place what it puts in another.
/// @dev Decides nothing: whoever writes an entry has checked it. Arithmetic still stops an entry that would overdraw.
abstract contract Books {
    using SafeCast for uint128;

    /// @dev One slot: the guard against replay, and what a declaration that voids it must repeat. `step` is None until
    /// recorded. `content` is the head of a hash over all that the capture says, so that no slot more is written for it.
    struct Record {
        uint200 content;
        uint32 party;
        Step step;
        Validity validity;
    }

    /// @dev The same slot where it is a shipment's: `content` is its consignment, and `party` the sender.
    struct Shipment {
        uint64 open;
        uint64 shipped;
        uint40 batch;
        uint32 addressee;
        uint32 sender;
        Step step;
        Validity validity;
    }

    /// @dev What shipping, receiving and selling need shares the first slot. `number` counts births from 1; 0 means not
    /// born, or that its birth was voided. 64 bits of millilitres are eighteen billion cubic metres; a birth is checked
    /// against it, and nothing else adds to a batch. `maker` is the number of the party that bore it.
    struct Batch {
        uint64 held;
        uint64 inTransit;
        uint64 sold;
        uint40 number;
        bool recalled;
        uint64 born;
        uint64 consumed;
        uint64 lost;
        uint32 maker;
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

    function _enter(bytes32 evidence, Step step, uint32 party, uint200 content) internal {
        _write(evidence, content, party, step, Validity.Stands);
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
        uint200 content = amount | uint200(amount) << 64 | uint200(number) << 128 | uint200(addressee) << 168;
        _write(evidence, content, sender, Step.Ship, Validity.Stands);
    }

    function _arrive(bytes32 consigned, bytes32 batch, bytes32 party, uint128 quantity) internal {
        uint64 amount = quantity.toUint64();
        Batch storage entry = _batches[batch];
        _shipments()[consigned].open -= amount;
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
        _shipments()[consigned].open -= amount;
        entry.inTransit -= amount;
        entry.lost += amount;
    }

    function _setMaker(bytes32 batch, uint32 maker) internal {
        _batches[batch].maker = maker;
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

    // Opposite entries

    /// @dev The declaration is recorded, so that it counts once, and what it voids is marked, so that nothing else does.
    function _declare(bytes32 evidence, Step step, bytes32 voids) internal {
        _write(evidence, 0, 0, step, Validity.Declaration);
        _records[voids].validity = Validity.Voided;
    }

    /// @dev The batch's number is given up, and with it the closed consignments of what was never born.
    function _unbear(bytes32 batch, bytes32 party, uint128 quantity) internal {
        uint64 amount = quantity.toUint64();
        Batch storage entry = _batches[batch];
        _take(entry.number, party, amount);
        entry.number = 0;
        entry.held -= amount;
        entry.born -= amount;
    }

    function _unconsume(bytes32 batch, bytes32 party, uint128 quantity) internal {
        uint64 amount = quantity.toUint64();
        Batch storage entry = _batches[batch];
        entry.consumed -= amount;
        entry.held += amount;
        _put(entry.number, party, amount);
    }

    function _unarrive(bytes32 consigned, bytes32 batch, bytes32 party, uint128 quantity) internal {
        uint64 amount = quantity.toUint64();
        Batch storage entry = _batches[batch];
        _take(entry.number, party, amount);
        (entry.held, entry.inTransit) = (entry.held - amount, entry.inTransit + amount);
        _shipments()[consigned].open += amount;
    }

    function _unsell(bytes32 batch, bytes32 party, uint128 quantity) internal {
        uint64 amount = quantity.toUint64();
        Batch storage entry = _batches[batch];
        (entry.held, entry.sold) = (entry.held + amount, entry.sold - amount);
        _put(entry.number, party, amount);
    }

    function _unlose(bytes32 batch, bytes32 party, uint128 quantity) internal {
        uint64 amount = quantity.toUint64();
        Batch storage entry = _batches[batch];
        entry.lost -= amount;
        entry.held += amount;
        _put(entry.number, party, amount);
    }

    function _unloseInTransit(bytes32 consigned, bytes32 batch, uint128 quantity) internal {
        uint64 amount = quantity.toUint64();
        Batch storage entry = _batches[batch];
        entry.lost -= amount;
        entry.inTransit += amount;
        _shipments()[consigned].open += amount;
    }

    // Slots

    function _put(uint40 number, bytes32 party, uint64 amount) private {
        _holdings[party][number / SHELF][number % SHELF] += amount;
    }

    function _take(uint40 number, bytes32 party, uint64 amount) private {
        _holdings[party][number / SHELF][number % SHELF] -= amount;
    }

    /// @dev A whole record in one store, laid out as the compiler lays out `Record`; it would load and store each part.
    function _write(bytes32 evidence, uint200 content, uint32 party, Step step, Validity validity) private {
        uint256 word = content | uint256(party) << 200 | uint256(step) << 232 | uint256(validity) << 240;
        Record storage entry = _records[evidence];
        assembly ("memory-safe") {
            sstore(entry.slot, word)
        }
    }

    /// @dev The records, each read as a shipment's: both structs fill the same 248 bits of a slot and end alike.
    function _shipments() private pure returns (mapping(bytes32 evidence => Shipment) storage shipments) {
        assembly ("memory-safe") {
            shipments.slot := _records.slot
        }
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

    function _makerOf(bytes32 batch) internal view returns (uint32) {
        return _batches[batch].maker;
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

    /// @dev The shipment with this evidence; all zero when it is none, a declaration about one included.
    function _shipmentOf(bytes32 evidence) internal view returns (Shipment memory shipment) {
        if (_records[evidence].step == Step.Ship) shipment = _shipments()[evidence];
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
