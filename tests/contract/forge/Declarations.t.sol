// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Keys} from "./Keys.sol";
import {IBatchLedger as Why} from "../../../contracts/interfaces/IBatchLedger.sol";
import {Capture, Input, Step} from "../../../contracts/types/Capture.sol";
import {Consignment, Totals} from "../../../contracts/types/Custody.sol";
import {Standing} from "../../../contracts/types/Party.sol";
import {Desk} from "./Desk.sol";

/// Each step that is declared not to have happened, and each reason for which such a declaration is refused.
contract DeclarationsTest is Desk {
    function test_aShipmentIsVoidedWhileNothingOfItHasMoved() external {
        Capture memory shipment = _shipment(DEALER, 20);
        _done(BRAND, shipment);
        Capture memory receipt = _answer(Step.Receive, shipment.evidence, 5);
        _done(DEALER, receipt);
        _refused(BRAND, _voiding(shipment), Why.ConsignmentMoved.selector);
        _done(DEALER, _voiding(receipt));
        _done(BRAND, _voiding(shipment));
        _expect(100, 100, 0, 0, 0, 0);
        require(_ledger.held(BATCH, BRAND) == 100, "not held again");
        require(_ledger.consignment(shipment.evidence).open == 0, "still open");
        _refused(DEALER, _answer(Step.Receive, shipment.evidence, 1), Why.OpenLess.selector);
    }

    function test_aDeclarationAboutAShipmentOpensNoConsignment() external {
        Capture memory shipment = _shipment(DEALER, 20);
        _done(BRAND, shipment);
        bytes32 declaration = _done(BRAND, _voiding(shipment));
        Consignment memory none;
        require(
            keccak256(abi.encode(_ledger.consignment(declaration))) == keccak256(abi.encode(none)), "a consignment"
        );
        _refused(DEALER, _answer(Step.Receive, declaration, 1), Why.ConsignmentUnknown.selector);
        require(_ledger.voided(shipment.evidence) && !_ledger.voided(declaration), "marked wrongly");
    }

    function test_aReceiptIsVoidedWhileTheReceiverHoldsAsMuch() external {
        bytes32 consignment = _shipped(BRAND, DEALER, 20);
        Capture memory receipt = _answer(Step.Receive, consignment, 12);
        _done(DEALER, receipt);
        Capture memory sale = _capture(Step.Sell, 1);
        _done(DEALER, sale);
        _refused(DEALER, _voiding(receipt), Why.HoldsLess.selector);
        _done(DEALER, _voiding(sale));
        _done(DEALER, _voiding(receipt));
        _expect(100, 80, 20, 0, 0, 0);
        require(_ledger.consignment(consignment).open == 20, "not open again");
    }

    function test_aReturnIsVoidedWhileTheSenderHoldsAsMuch() external {
        bytes32 consignment = _shipped(BRAND, DEALER, 20);
        Capture memory back = _answer(Step.Return, consignment, 20);
        _done(DEALER, back);
        Capture memory loss = _capture(Step.WriteOff, 81);
        _done(BRAND, loss);
        _refused(DEALER, _voiding(back), Why.HoldsLess.selector);
        _done(BRAND, _voiding(loss));
        _done(DEALER, _voiding(back));
        _expect(100, 80, 20, 0, 0, 0);
        _done(DEALER, _answer(Step.Receive, consignment, 20));
    }

    function test_aLossIsVoidedAtAnyTime() external {
        bytes32 consignment = _shipped(BRAND, DEALER, 20);
        Capture memory underWay = _answer(Step.WriteOff, consignment, 20);
        Capture memory inStore = _capture(Step.WriteOff, 80);
        _done(DEALER, underWay);
        _done(BRAND, inStore);
        _expect(100, 0, 0, 0, 100, 0);
        _refused(BRAND, _voiding(underWay), Why.NotItsParty.selector);
        _done(DEALER, _voiding(underWay));
        _done(BRAND, _voiding(inStore));
        _expect(100, 80, 20, 0, 0, 0);
    }

    function test_aBirthIsVoidedWhileItsPartyHoldsAllOfIt() external {
        Capture memory made = _made(Step.Bottle, GRAIN, BATCH, 60);
        _done(BRAND, made);
        Capture memory shipment = _shipment(DEALER, 1);
        shipment.batch = GRAIN;
        _done(BRAND, shipment);
        _refused(BRAND, _voiding(made), Why.HoldsLess.selector);
        _done(BRAND, _voiding(shipment));
        _done(BRAND, _voiding(made));
        _expect(100, 100, 0, 0, 0, 0);
        Totals memory none;
        require(keccak256(abi.encode(_ledger.totals(GRAIN))) == keccak256(abi.encode(none)), "something is left");
        _refused(BRAND, _madeLoss(GRAIN), Why.BatchUnknown.selector);
        _done(BRAND, _made(Step.Blend, GRAIN, BATCH, 100));
        require(_ledger.held(GRAIN, BRAND) == 10, "not born anew");
    }

    function test_whatCameBackBeforeANewBirthStaysVoided() external {
        bytes32 there = _shipped(BRAND, DEALER, 100);
        _done(DEALER, _answer(Step.Receive, there, 100));
        Capture memory home = _answer(Step.Receive, _shipped(DEALER, BRAND, 100), 100);
        _done(BRAND, home);
        Capture memory birth = _capture(Step.Harvest, 100);
        birth.batch = GRAIN;
        _done(BRAND, birth);
        _done(BRAND, _voiding(abi.decode(_first, (Capture))));
        _refused(BRAND, _voiding(home), Why.ConsignmentUnknown.selector);
        _done(BRAND, _capture(Step.Harvest, 100));
        _refused(BRAND, _voiding(home), Why.ConsignmentUnknown.selector);
        _expect(100, 100, 0, 0, 0, 0);
    }

    function test_aCommissionIsVoidedBeforeAnythingHasLeft() external {
        Capture memory commission = _units(Step.Commission, UNITS, 0);
        _done(BRAND, commission);
        Capture memory shipment = _shipment(DEALER, 1);
        _done(BRAND, shipment);
        _refused(BRAND, _voiding(commission), Why.HoldsLess.selector);
        _done(BRAND, _voiding(shipment));
        _done(BRAND, _voiding(commission));
        require(_ledger.unitsRoot(BATCH) == 0, "still commissioned");
        _done(BRAND, _units(Step.Commission, "others", 0));
    }

    function test_whatOnlySpeaksIsOnlyMarked() external {
        Capture memory look = _capture(Step.Inspect, 3);
        _done(INSPECTOR, look);
        _done(INSPECTOR, _voiding(look));
        Capture memory rest = _capture(Step.Age, 0);
        _done(BRAND, rest);
        _done(BRAND, _voiding(rest));
        require(_ledger.voided(look.evidence) && _ledger.voided(rest.evidence), "not marked");
        _expect(100, 100, 0, 0, 0, 0);
    }

    function test_aRecallAndItsLiftAreNotVoided() external {
        Capture memory recall = _capture(Step.Recall, 0);
        _done(BRAND, recall);
        _refused(BRAND, _voiding(recall), Why.StepNotVoidable.selector);
        Capture memory lift = _capture(Step.Lift, 0);
        _done(BRAND, lift);
        _refused(BRAND, _voiding(lift), Why.StepNotVoidable.selector);
    }

    function test_aRecallDoesNotStopADeclaration() external {
        _stocked(STORE, 5);
        Capture memory sale = _capture(Step.Sell, 5);
        _done(STORE, sale);
        _done(BRAND, _capture(Step.Recall, 0));
        _done(STORE, _voiding(sale));
        _expect(100, 100, 0, 0, 0, 0);
    }

    function test_theStandingOfTheOtherDoesNotMatterAndOnesOwnDoes() external {
        Capture memory shipment = _shipment(DEALER, 20);
        _done(BRAND, shipment);
        _participants.setStanding(DEALER, Standing.Revoked);
        Capture memory declaration = _voiding(shipment);
        _participants.setStanding(BRAND, Standing.Suspended);
        _refused(BRAND, declaration, Why.PartyNotActive.selector);
        _participants.setStanding(BRAND, Standing.Active);
        _done(BRAND, declaration);
    }

    function test_whatIsVoidedWasRecordedOnceByTheSamePartyAndStands() external {
        Capture memory sale = _capture(Step.WriteOff, 5);
        _refused(BRAND, _voiding(sale), Why.VoidedUnknown.selector);
        _done(BRAND, sale);
        Capture memory itself = _voiding(sale);
        _refused(DEALER, itself, Why.NotItsParty.selector);
        _done(BRAND, itself);
        _refused(BRAND, itself, Why.EvidenceRecorded.selector);
        _refused(BRAND, _voiding(sale), Why.VoidedBefore.selector);
        _refused(BRAND, _voiding(itself), Why.DeclarationNotVoidable.selector);
    }

    function test_anyDeviceOfThePartyMayDeclare() external {
        Capture memory loss = _capture(Step.WriteOff, 5);
        _done(BRAND, loss);
        Keys.admit(_participants, BRAND, _key("another device"), _key(BRAND));
        _participants.revokeDevice(_signer(BRAND));
        _done("another device", _voiding(loss));
    }

    function test_aDeclarationRepeatsWhatItVoids() external {
        Capture memory made = _made(Step.Bottle, GRAIN, BATCH, 60);
        made.ref = "order";
        made.location = "place";
        made.units = UNITS;
        _done(BRAND, made);
        for (uint256 part = 0; part < 9; ++part) {
            _refused(BRAND, _alteredIn(part, _voiding(made)), Why.ContentDiffers.selector);
        }
        _done(BRAND, _voiding(made));
    }

    function test_aDeclarationRepeatsTheShipmentItVoids() external {
        Capture memory shipment = _shipment(DEALER, 20);
        _done(BRAND, shipment);
        for (uint256 part = 0; part < 4; ++part) {
            _refused(BRAND, _alteredIn(part, _voiding(shipment)), Why.ContentDiffers.selector);
        }
        _refused(BRAND, _alteredIn(8, _voiding(shipment)), Why.ContentDiffers.selector);
        Capture memory loss = _capture(Step.WriteOff, 20);
        _done(BRAND, loss);
        Capture memory disguised = _voiding(loss);
        disguised.step = Step.Ship;
        _refused(BRAND, disguised, Why.ContentDiffers.selector);
        disguised.batch = "unheard of";
        disguised.quantity = 0;
        disguised.counterparty = "stranger";
        _refused(BRAND, disguised, Why.ContentDiffers.selector);
        _done(BRAND, _voiding(shipment));
    }

    /// Whatever was sent and answered, the declarations in the opposite order give everything back.
    function testFuzz_everythingIsGivenBack(uint8 shipped, uint8 received, uint8 lost, uint8 returned) external {
        Capture memory shipment = _shipment(DEALER, uint128(shipped) % 97 + 4);
        _done(BRAND, shipment);
        Capture[3] memory answers;
        (Step[3] memory steps, uint8[3] memory parts) =
            ([Step.Receive, Step.WriteOff, Step.Return], [received, lost, returned]);
        uint128 open = shipment.quantity;
        for (uint256 i = 0; i < 3; ++i) {
            answers[i] = _answer(steps[i], shipment.evidence, parts[i] % (open - 2 + uint128(i)) + 1);
            open -= answers[i].quantity;
            _done(DEALER, answers[i]);
            if (open < 3) break;
        }
        for (uint256 i = 3; i > 0; --i) {
            if (answers[i - 1].evidence != 0) _done(DEALER, _voiding(answers[i - 1]));
        }
        require(_ledger.consignment(shipment.evidence).open == shipment.quantity, "not open again");
        _done(BRAND, _voiding(shipment));
        _expect(100, 100, 0, 0, 0, 0);
    }

    function _madeLoss(bytes32 batch) private returns (Capture memory capture) {
        capture = _capture(Step.WriteOff, 1);
        capture.batch = batch;
    }

    function _alteredIn(uint256 part, Capture memory capture) private pure returns (Capture memory) {
        if (part == 0) capture.batch = INSPECTOR;
        if (part == 1) ++capture.quantity;
        if (part == 2) capture.counterparty = STORE;
        if (part == 3) capture.step = Step.Blend;
        if (part == 4) capture.ref = "another order";
        if (part == 5) capture.location = "another place";
        if (part == 6) capture.units = "other units";
        if (part == 7) ++capture.time;
        if (part == 8) {
            capture.inputs = new Input[](1);
            capture.inputs[0] = Input(BATCH, 59);
        }
        return capture;
    }

    function _expect(uint128 born, uint128 held, uint128 inTransit, uint128 sold, uint128 lost, uint128 consumed)
        private
        view
    {
        Totals memory expected = Totals(born, held, inTransit, sold, lost, consumed);
        require(keccak256(abi.encode(_ledger.totals(BATCH))) == keccak256(abi.encode(expected)), "lost count");
    }
}
