// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BatchLedger} from "../../../contracts/BatchLedger.sol";
import {Totals} from "../../../contracts/types/Custody.sol";
import {Roles, Standing} from "../../../contracts/types/Party.sol";
import {Trader} from "./Trader.sol";

/// What holds after any sequence of captures.
contract BatchLedgerInvariants {
    Trader private _trader;
    BatchLedger private _ledger;

    function setUp() external {
        _trader = new Trader();
        _trader.start();
        _ledger = _trader.LEDGER();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_trader);
    }

    function invariant_whatIsBornIsSomewhere() external view {
        for (uint256 i = 0; i < _trader.BATCHES(); ++i) {
            Totals memory all = _ledger.totals(_trader.batch(i));
            require(
                all.born == all.held + all.inTransit + all.sold + all.lost + all.consumed, "born is not accounted for"
            );
        }
    }

    function invariant_partiesTogetherHoldWhatIsHeld() external view {
        for (uint256 i = 0; i < _trader.BATCHES(); ++i) {
            bytes32 batch = _trader.batch(i);
            uint256 held = 0;
            for (uint256 j = 0; j < _trader.PARTIES(); ++j) {
                held += _ledger.held(batch, _trader.party(j));
            }
            require(held == _ledger.totals(batch).held, "holdings do not add up");
        }
    }

    function invariant_consignmentsTogetherAreInTransit() external view {
        bytes32[] memory consignments = _trader.consignments();
        for (uint256 i = 0; i < _trader.BATCHES(); ++i) {
            bytes32 batch = _trader.batch(i);
            uint256 open = 0;
            for (uint256 j = 0; j < consignments.length; ++j) {
                if (_ledger.consignment(consignments[j]).batch == batch) open += _ledger.consignment(consignments[j]).open;
            }
            require(open == _ledger.totals(batch).inTransit, "consignments do not add up");
        }
    }

    function invariant_aSuspendedPartyNeverHoldsMore() external view {
        for (uint256 j = 0; j < _trader.PARTIES(); ++j) {
            bytes32 party = _trader.party(j);
            if (_trader.PARTICIPANTS().partyOf(party).standing == Standing.Active) continue;
            for (uint256 i = 0; i < _trader.BATCHES(); ++i) {
                bytes32 batch = _trader.batch(i);
                require(_ledger.held(batch, party) <= _trader.ceiling(party, batch), "a suspended party holds more");
            }
        }
    }

    function invariant_whatIsRecalledOnlyGoesBack() external view {
        for (uint256 i = 0; i < _trader.BATCHES(); ++i) {
            bytes32 batch = _trader.batch(i);
            if (!_ledger.recalled(batch)) continue;
            require(_ledger.totals(batch).sold == _trader.soldWhenRecalled(batch), "a recalled batch was sold");
            for (uint256 j = 0; j < _trader.PARTIES(); ++j) {
                bytes32 party = _trader.party(j);
                if (_trader.PARTICIPANTS().partyOf(party).roles & Roles.MAKERS != 0) continue;
                require(_ledger.held(batch, party) <= _trader.stopped(batch, party), "a recalled batch moved on");
            }
        }
    }

    /// A run in which nothing moves would prove nothing.
    function afterInvariant() external view {
        require(_trader.moved() > 3, "nothing moved");
    }
}
