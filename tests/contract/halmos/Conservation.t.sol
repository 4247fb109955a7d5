// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Totals} from "../../../contracts/types/Custody.sol";
import {VM} from "../forge/Vm.sol";
import {Bits} from "./Bits.sol";
import {OpenBooks} from "./OpenBooks.sol";
import {SVM} from "./Svm.sol";

/// Proofs by halmos, one for each entry of the books: whatever is stored and whatever the entry says, it keeps
///   born = held + in transit + sold + lost + consumed                                      of its batch,
///   what parties hold together = held, and what consignments have open = in transit,
/// the latter two by changing both sides alike, and it changes nothing of another batch, party or consignment. Since empty
/// books have all of this, all books have, after any number of entries.
///
/// The stored state is arbitrary but for what these proofs show again: the sum above; that two batches have two numbers and
/// nobody holds of a number that is not given; that nothing is open of what was not recorded. Where an entry names a
/// consignment it is a shipment's, which the ledger asks before. Quantities are any of 128 bits.
/// An entry that reverts has changed nothing, so it is no counterexample.
contract ConservationProofs {
    OpenBooks private _books;

    /// What the entry is about, and anything else there is, to see that it stays as it is.
    struct Case {
        bytes32 batch;
        bytes32 party;
        bytes32 evidence;
        bytes32 ref;
        bytes32 otherBatch;
        bytes32 otherParty;
        bytes32 otherConsignment;
    }

    enum Between {
        HeldAndTransit,
        HeldAndSold,
        HeldAndLost,
        HeldAndConsumed,
        TransitAndLost
    }

    struct State {
        Totals batch;
        Totals other;
        uint256 held;
        uint256 otherHeld;
        uint256 opened;
        uint256 refOpen;
        uint256 otherOpen;
    }

    function setUp() external {
        _books = new OpenBooks();
        SVM.enableSymbolicStorage(address(_books));
    }

    function check_ship(Case memory one, uint128 quantity) external {
        State memory was = _before(one, Between.HeldAndTransit);
        _books.ship(one.evidence, one.batch, one.party, quantity);
        State memory now_ = _after(one, was, Between.HeldAndTransit);
        assert(now_.batch.inTransit == was.batch.inTransit + quantity && now_.opened == quantity);
        _sameBirth(was, now_);
    }

    function check_receiveAndReturn(Case memory one, uint128 quantity) external {
        VM.assume(_books.isShipment(one.ref));
        State memory was = _before(one, Between.HeldAndTransit);
        _books.arrive(one.evidence, one.ref, one.batch, one.party, quantity);
        State memory now_ = _after(one, was, Between.HeldAndTransit);
        assert(now_.held == was.held + quantity);
        _sameBirth(was, now_);
    }

    function check_sell(Case memory one, uint128 quantity) external {
        State memory was = _before(one, Between.HeldAndSold);
        _books.sell(one.evidence, one.batch, one.party, quantity);
        State memory now_ = _after(one, was, Between.HeldAndSold);
        assert(now_.batch.sold == was.batch.sold + quantity && now_.batch.lost == was.batch.lost);
        _sameBirth(was, now_);
    }

    function check_writeOff(Case memory one, uint128 quantity) external {
        State memory was = _before(one, Between.HeldAndLost);
        _books.lose(one.evidence, one.batch, one.party, quantity);
        State memory now_ = _after(one, was, Between.HeldAndLost);
        assert(now_.batch.lost == was.batch.lost + quantity && now_.held + quantity == was.held);
        _sameBirth(was, now_);
    }

    function check_writeOffInTransit(Case memory one, uint128 quantity) external {
        VM.assume(_books.isShipment(one.ref));
        State memory was = _before(one, Between.TransitAndLost);
        _books.loseInTransit(one.evidence, one.ref, one.batch, quantity);
        State memory now_ = _after(one, was, Between.TransitAndLost);
        assert(now_.batch.lost == was.batch.lost + quantity && now_.held == was.held);
        _sameBirth(was, now_);
    }

    /// The input side of ferment, distil, blend and bottle; an input named twice is two entries.
    function check_consume(Case memory one, uint128 quantity) external {
        State memory was = _before(one, Between.HeldAndConsumed);
        _books.consume(one.batch, one.party, quantity);
        State memory now_ = _after(one, was, Between.HeldAndConsumed);
        assert(now_.batch.consumed == was.batch.consumed + quantity && now_.held + quantity == was.held);
        assert(now_.batch.born == was.batch.born);
    }

    /// Harvest, and the output side of ferment, distil, blend and bottle. `unborn` is a batch that shares the number to be
    /// given, so that it shows what was held of that number before.
    function check_birth(Case memory one, uint128 quantity, bytes32 unborn) external {
        VM.assume(_books.numberOf(one.batch) == 0);
        Totals memory none = _books.totals(one.batch);
        VM.assume(none.born | none.held | none.inTransit | none.sold | none.lost | none.consumed == 0);
        VM.assume(unborn != one.batch);
        (uint256 was, uint256 otherWas) = (_books.held(unborn, one.party), _books.held(unborn, one.otherParty));
        VM.assume(one.otherBatch != one.batch);
        uint256 elsewhere = _books.held(one.otherBatch, one.otherParty);
        Totals memory other = _books.totals(one.otherBatch);
        _books.bear(one.evidence, one.batch, one.party, quantity);
        VM.assume(_books.numberOf(unborn) == _books.numberOf(one.batch));
        VM.assume(was == 0 && otherWas == 0);
        VM.assume(_books.numberOf(one.otherBatch) != _books.numberOf(one.batch));
        Totals memory all = _books.totals(one.batch);
        assert(_unbalanced(all, Between.HeldAndTransit) == 0);
        assert(all.born == quantity && all.held == quantity);
        assert(_books.held(one.batch, one.party) == quantity);
        assert(one.otherParty == one.party || _books.held(one.batch, one.otherParty) == 0);
        assert(_books.held(one.otherBatch, one.otherParty) == elsewhere);
        assert(_difference(other, _books.totals(one.otherBatch)) == 0);
    }

    /// Age, inspect, commission, recall and lift.
    function check_speakingMovesNothing(Case memory one, bytes32 units, bool recall, uint128 quantity) external {
        State memory was = _before(one, Between.HeldAndTransit);
        _books.speak(one.evidence, one.batch, units, recall, quantity);
        State memory now_ = _after(one, was, Between.HeldAndTransit);
        assert(now_.held == was.held);
        assert(_difference(was.batch, now_.batch) == 0);
    }

    // Opposite entries. What is voided is any record, `otherConsignment`: to mark it moves nothing of it.

    function check_voidShipment(Case memory one, uint128 quantity) external {
        VM.assume(_books.isShipment(one.ref));
        State memory was = _before(one, Between.HeldAndTransit);
        _books.unship(one.evidence, one.ref, one.batch, one.party, quantity);
        State memory now_ = _after(one, was, Between.HeldAndTransit);
        assert(now_.held == was.held + quantity && now_.refOpen + quantity == was.refOpen);
        _sameBirth(was, now_);
    }

    function check_voidReceiptAndReturn(Case memory one, uint128 quantity) external {
        VM.assume(_books.isShipment(one.ref));
        State memory was = _before(one, Between.HeldAndTransit);
        _books.unarrive(one.evidence, one.otherConsignment, one.ref, one.batch, one.party, quantity);
        State memory now_ = _after(one, was, Between.HeldAndTransit);
        assert(now_.held + quantity == was.held && now_.refOpen == was.refOpen + quantity);
        _sameBirth(was, now_);
    }

    function check_voidSale(Case memory one, uint128 quantity) external {
        State memory was = _before(one, Between.HeldAndSold);
        _books.unsell(one.evidence, one.otherConsignment, one.batch, one.party, quantity);
        State memory now_ = _after(one, was, Between.HeldAndSold);
        assert(now_.batch.sold + quantity == was.batch.sold && now_.batch.lost == was.batch.lost);
        _sameBirth(was, now_);
    }

    function check_voidWriteOff(Case memory one, uint128 quantity) external {
        State memory was = _before(one, Between.HeldAndLost);
        _books.unlose(one.evidence, one.otherConsignment, one.batch, one.party, quantity);
        State memory now_ = _after(one, was, Between.HeldAndLost);
        assert(now_.batch.lost + quantity == was.batch.lost && now_.held == was.held + quantity);
        _sameBirth(was, now_);
    }

    function check_voidWriteOffInTransit(Case memory one, uint128 quantity) external {
        VM.assume(_books.isShipment(one.ref));
        State memory was = _before(one, Between.TransitAndLost);
        _books.unloseInTransit(one.evidence, one.otherConsignment, one.ref, one.batch, quantity);
        State memory now_ = _after(one, was, Between.TransitAndLost);
        assert(now_.batch.lost + quantity == was.batch.lost && now_.held == was.held);
        _sameBirth(was, now_);
    }

    /// The input side of a voided birth.
    function check_restoreInput(Case memory one, uint128 quantity) external {
        State memory was = _before(one, Between.HeldAndConsumed);
        _books.unconsume(one.batch, one.party, quantity);
        State memory now_ = _after(one, was, Between.HeldAndConsumed);
        assert(now_.batch.consumed + quantity == was.batch.consumed && now_.held == was.held + quantity);
        assert(now_.batch.born == was.batch.born);
    }

    /// The output side: the ledger asks before that the party holds all that was born. `unborn` shows what is held of no
    /// number at all, which is nothing.
    function check_voidBirth(Case memory one, uint128 quantity, bytes32 unborn) external {
        VM.assume(one.otherBatch != one.batch);
        VM.assume(_books.numberOf(one.otherBatch) != _books.numberOf(one.batch));
        VM.assume(_books.numberOf(unborn) == 0);
        VM.assume(_books.held(unborn, one.party) == 0);
        VM.assume(_books.numberOf(one.batch) != 0);
        Totals memory was = _books.totals(one.batch);
        VM.assume(_unbalanced(was, Between.HeldAndTransit) == 0);
        VM.assume(was.born == quantity && was.held >= quantity);
        VM.assume(_books.held(one.batch, one.party) == quantity);
        uint256 elsewhere = _books.held(one.otherBatch, one.otherParty);
        Totals memory other = _books.totals(one.otherBatch);
        _books.unbear(one.evidence, one.otherConsignment, one.batch, one.party, quantity);
        Totals memory none;
        assert(_difference(none, _books.totals(one.batch)) == 0);
        assert(_books.numberOf(one.batch) == 0 && _books.held(one.batch, one.party) == 0);
        assert(_books.held(one.otherBatch, one.otherParty) == elsewhere);
        assert(_difference(other, _books.totals(one.otherBatch)) == 0);
    }

    function _before(Case memory one, Between between) private view returns (State memory was) {
        VM.assume(one.otherBatch != one.batch);
        VM.assume(_books.numberOf(one.otherBatch) != _books.numberOf(one.batch));
        VM.assume(one.otherConsignment != one.ref);
        VM.assume(one.otherConsignment != one.evidence);
        VM.assume(one.ref != one.evidence);
        VM.assume(!_books.isRecorded(one.evidence));
        was = _look(one);
        VM.assume(was.opened == 0);
        VM.assume(_unbalanced(was.batch, between) == 0);
    }

    function _after(Case memory one, State memory was, Between between) private view returns (State memory now_) {
        now_ = _look(one);
        assert(_unbalanced(now_.batch, between) == 0);
        assert(was.held + now_.batch.held == now_.held + was.batch.held);
        assert(was.refOpen + was.opened + now_.batch.inTransit == now_.refOpen + now_.opened + was.batch.inTransit);
        assert(now_.otherHeld == was.otherHeld);
        assert(now_.otherOpen == was.otherOpen);
        assert(_difference(was.other, now_.other) == 0);
    }

    function _sameBirth(State memory was, State memory now_) private pure {
        assert(now_.batch.born == was.batch.born && now_.batch.consumed == was.batch.consumed);
    }

    function _look(Case memory one) private view returns (State memory) {
        return State({
            batch: _books.totals(one.batch),
            other: _books.totals(one.otherBatch),
            held: _books.held(one.batch, one.party),
            // Another batch of any party, or the same batch of another.
            otherHeld: _books.held(one.otherBatch, one.otherParty)
                + Bits.unless(one.otherParty == one.party, _books.held(one.batch, one.otherParty)),
            opened: _books.open(one.evidence),
            refOpen: _books.open(one.ref),
            otherOpen: _books.open(one.otherConsignment)
        });
    }

    function _difference(Totals memory one, Totals memory two) private pure returns (uint256) {
        return (one.born ^ two.born) | (one.held ^ two.held) | (one.inTransit ^ two.inTransit) | (one.sold ^ two.sold)
            | (one.lost ^ two.lost) | (one.consumed ^ two.consumed);
    }

    /// born ^ (held + in transit + sold + lost + consumed), with the two that an entry moves between added first: the same
    /// sum, and a solver sees that it stays.
    function _unbalanced(Totals memory all, Between between) private pure returns (uint256) {
        (uint256 held, uint256 inTransit, uint256 sold) = (all.held, all.inTransit, all.sold);
        (uint256 lost, uint256 consumed) = (all.lost, all.consumed);
        if (between == Between.HeldAndTransit) return all.born ^ ((held + inTransit) + (sold + lost + consumed));
        if (between == Between.HeldAndSold) return all.born ^ ((held + sold) + (inTransit + lost + consumed));
        if (between == Between.HeldAndLost) return all.born ^ ((held + lost) + (inTransit + sold + consumed));
        if (between == Between.HeldAndConsumed) return all.born ^ ((held + consumed) + (inTransit + sold + lost));
        return all.born ^ ((inTransit + lost) + (held + sold + consumed));
    }
}
