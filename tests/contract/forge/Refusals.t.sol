// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IBatchLedger as Why} from "../../../contracts/interfaces/IBatchLedger.sol";
import {Capture, Input, Step} from "../../../contracts/types/Capture.sol";
import {Roles, Standing} from "../../../contracts/types/Party.sol";
import {Desk} from "./Desk.sol";

/// Each reason for which the ledger refuses, beside the same thing said rightly.
contract RefusalsTest is Desk {
    bytes32 private constant MAKER_WITH_SHOP = "maker with shop";

    function test_whoSpeaks() external {
        Capture memory bare = _capture(Step.Age, 0);
        bare.evidence = 0;
        _refused(BRAND, bare, Why.EvidenceMissing.selector);
        Capture memory once = _capture(Step.Age, 0);
        _done(BRAND, once);
        _refused(BRAND, once, Why.EvidenceRecorded.selector);
        _refused("stranger", _capture(Step.Age, 0), Why.DeviceUnknown.selector);
        Capture memory said = _capture(Step.Age, 0);
        _refused(said, _signer(BRAND), _signature(DEALER, said), Why.SignatureWrong.selector);
        _participants.revokeDevice(_signer(BRAND));
        _refused(BRAND, said, Why.DeviceIsRevoked.selector);
    }

    function test_whenAndInWhatRole() external {
        Capture memory early = _capture(Step.Age, 0);
        early.time = uint64(block.timestamp + 1 hours);
        _done(BRAND, early);
        early = _capture(Step.Age, 0);
        early.time = uint64(block.timestamp + 1 hours + 1);
        _refused(BRAND, early, Why.FromTheFuture.selector);
        _refused(BRAND, _capture(Step.None, 0), Why.StepNotAllowed.selector);
        _refused(DEALER, _capture(Step.Inspect, 0), Why.StepNotAllowed.selector);
        _done(INSPECTOR, _capture(Step.Inspect, 0));
        _participants.setStanding(BRAND, Standing.Suspended);
        _refused(BRAND, _capture(Step.Age, 0), Why.PartyNotActive.selector);
    }

    function test_birth() external {
        _refused(BRAND, _capture(Step.Harvest, 1), Why.BatchExists.selector);
        Capture memory born = _capture(Step.Harvest, 0);
        born.batch = GRAIN;
        _refused(BRAND, born, Why.QuantityMissing.selector);
        born.quantity = uint128(type(uint64).max) + 1;
        _refused(BRAND, born, Why.QuantityTooLarge.selector);
        born.inputs = new Input[](1);
        _refused(BRAND, born, Why.InputsUnexpected.selector);
        born = _capture(Step.Ferment, 1);
        born.batch = GRAIN;
        _refused(BRAND, born, Why.InputsMissing.selector);
        born.inputs = new Input[](65);
        _refused(BRAND, born, Why.InputsTooMany.selector);
        _refused(BRAND, _made(Step.Distil, GRAIN, GRAIN, 1), Why.BatchUnknown.selector);
        _refused(BRAND, _made(Step.Distil, GRAIN, BATCH, 0), Why.QuantityMissing.selector);
        _refused(BRAND, _made(Step.Blend, GRAIN, "unheard of", 1), Why.BatchUnknown.selector);
        _refused(BRAND, _made(Step.Bottle, GRAIN, BATCH, 101), Why.HoldsLess.selector);
        _done(BRAND, _capture(Step.Recall, 0));
        _refused(BRAND, _made(Step.Bottle, GRAIN, BATCH, 1), Why.BatchRecalled.selector);
        _done(BRAND, _capture(Step.Lift, 0));
        _done(BRAND, _made(Step.Bottle, GRAIN, BATCH, 100));
        require(_ledger.totals(BATCH).consumed == 100 && _ledger.held(GRAIN, BRAND) == 10, "not used up");
    }

    function test_commission() external {
        _refused(BRAND, _units(Step.Commission, 0, 0), Why.UnitsMissing.selector);
        Capture memory early = _units(Step.Commission, UNITS, 0);
        early.batch = GRAIN;
        _refused(BRAND, early, Why.BatchUnknown.selector);
        Capture memory shipment = _shipment(DEALER, 1);
        _done(BRAND, shipment);
        _refused(BRAND, _units(Step.Commission, UNITS, 0), Why.HoldsLess.selector);
        _done(BRAND, _voiding(shipment));
        _enrol("maker", Roles.PRODUCER);
        _stocked("maker", 100);
        _refused("maker", _units(Step.Commission, "junk", 0), Why.NotMaker.selector);
        _done(BRAND, _answer(Step.Receive, _shipped("maker", BRAND, 100), 100));
        _done(BRAND, _units(Step.Commission, UNITS, 0));
        require(_ledger.unitsRoot(BATCH) == UNITS, "not commissioned");
        _refused(BRAND, _units(Step.Commission, "others", 0), Why.UnitsCommissioned.selector);
    }

    function test_moves() external {
        Capture memory unheard = _capture(Step.WriteOff, 1);
        unheard.batch = GRAIN;
        _refused(BRAND, unheard, Why.BatchUnknown.selector);
        _refused(BRAND, _capture(Step.WriteOff, 0), Why.QuantityMissing.selector);
        _refused(BRAND, _capture(Step.WriteOff, 101), Why.HoldsLess.selector);
        _done(BRAND, _capture(Step.WriteOff, 1));
        _stocked(STORE, 5);
        _refused(STORE, _capture(Step.Sell, 6), Why.HoldsLess.selector);
        _done(STORE, _capture(Step.Sell, 5));
        require(_ledger.totals(BATCH).sold == 5, "not sold");
    }

    function test_addressees() external {
        _refused(BRAND, _shipment("stranger", 1), Why.PartyUnknown.selector);
        _refused(BRAND, _shipment(INSPECTOR, 1), Why.CounterpartyUnsuited.selector);
        _refused(BRAND, _shipment(DEALER, 101), Why.HoldsLess.selector);
        _participants.setStanding(DEALER, Standing.Suspended);
        _refused(BRAND, _shipment(DEALER, 1), Why.PartyNotActive.selector);
    }

    function test_consignments() external {
        bytes32 consignment = _shipped(BRAND, DEALER, 20);
        require(_ledger.consignment(consignment).addressee == DEALER, "not addressed");
        _refused(DEALER, _answer(Step.Receive, "unheard of", 1), Why.ConsignmentUnknown.selector);
        _refused(STORE, _answer(Step.Receive, consignment, 1), Why.NotAddressee.selector);
        _refused(BRAND, _answer(Step.Return, consignment, 1), Why.NotAddressee.selector);
        _refused(STORE, _answer(Step.WriteOff, consignment, 1), Why.NotAddressee.selector);
        _refused(DEALER, _answer(Step.Receive, consignment, 21), Why.OpenLess.selector);
        Capture memory wrong = _answer(Step.Receive, consignment, 1);
        wrong.counterparty = STORE;
        _refused(DEALER, wrong, Why.NotSender.selector);
        wrong = _answer(Step.Receive, consignment, 1);
        wrong.counterparty = BRAND;
        _done(DEALER, wrong);
        _done(DEALER, _answer(Step.WriteOff, consignment, 2));
        _done(BRAND, _answer(Step.WriteOff, consignment, 3));
        _participants.setStanding(BRAND, Standing.Suspended);
        _refused(DEALER, _answer(Step.Return, consignment, 1), Why.PartyNotActive.selector);
        _participants.setStanding(BRAND, Standing.Active);
        _done(DEALER, _answer(Step.Return, consignment, 14));
        require(_ledger.held(BATCH, DEALER) == 1 && _ledger.totals(BATCH).lost == 5, "lost count");
    }

    function test_recall() external {
        _refused(BRAND, _capture(Step.Lift, 0), Why.BatchNotRecalled.selector);
        bytes32 consignment = _shipped(BRAND, DEALER, 20);
        _stocked(STORE, 5);
        _enrol(MAKER_WITH_SHOP, Roles.BRAND | Roles.STORE);
        _stocked(MAKER_WITH_SHOP, 3);
        _done(BRAND, _capture(Step.Recall, 0));
        _refused(BRAND, _capture(Step.Recall, 0), Why.BatchRecalled.selector);
        _refused(STORE, _shipment(DEALER, 1), Why.BatchRecalled.selector);
        _refused(STORE, _capture(Step.Sell, 1), Why.BatchRecalled.selector);
        _refused(STORE, _capture(Step.WriteOff, 1), Why.BatchRecalled.selector);
        _refused(DEALER, _answer(Step.Receive, consignment, 1), Why.BatchRecalled.selector);
        _done(DEALER, _answer(Step.Return, consignment, 20));
        _done(BRAND, _answer(Step.Receive, _shipped(STORE, BRAND, 5), 5));
        _refused(MAKER_WITH_SHOP, _capture(Step.Sell, 1), Why.BatchRecalled.selector);
        _done(BRAND, _capture(Step.WriteOff, 97));
    }

    function test_recallOfUnits() external {
        _refused(BRAND, _units(Step.Lift, UNITS, 6), Why.BatchNotRecalled.selector);
        _done(BRAND, _units(Step.Recall, UNITS, 6));
        require(_ledger.recalledUnits(BATCH, UNITS) == 6 && !_ledger.recalled(BATCH), "not these units");
        _refused(BRAND, _units(Step.Recall, UNITS, 6), Why.BatchRecalled.selector);
        _done(BRAND, _shipment(DEALER, 1));
        _refused(BRAND, _units(Step.Lift, UNITS, 5), Why.BatchNotRecalled.selector);
        _done(BRAND, _units(Step.Lift, UNITS, 6));
        require(_ledger.recalledUnits(BATCH, UNITS) == 0, "not lifted");
        _refused(BRAND, _units(Step.Recall, UNITS, 0), Why.QuantityMissing.selector);
        _refused(BRAND, _units(Step.Recall, UNITS, 101), Why.QuantityTooLarge.selector);
        _done(BRAND, _units(Step.Recall, UNITS, 100));
        require(!_ledger.recalled(BATCH), "named units stopped the whole batch");
    }
}
