// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BatchLedger} from "../../../contracts/BatchLedger.sol";
import {Participants} from "../../../contracts/Participants.sol";
import {Capture, Input, SignedCapture, Step} from "../../../contracts/types/Capture.sol";
import {Totals} from "../../../contracts/types/Custody.sol";
import {Actor, Roles, Standing} from "../../../contracts/types/Party.sol";
import {VM} from "../forge/Vm.sol";
import {SVM} from "./Svm.sol";

/// Proofs by halmos about one whole capture, signature and all, for each step that moves: whatever is stored, said and signed,
/// a recalled batch is not sold, comes to no party but a maker or, returned, its sender, and is written off by makers only;
/// and a party that is not active neither records anything nor holds more than before. Of a declaration, that its step is
/// given back at most once, to nobody but its own party or the way, and that nothing is sold or lost by it.
contract StandingProofs {
    bytes private constant SIGNER = hex"00000000000000000000000000000000000d0c00";

    Participants private _participants;
    BatchLedger private _ledger;

    /// A capture without inputs, and its signature.
    struct Said {
        bytes32 evidence;
        bytes32 batch;
        uint128 quantity;
        bytes32 counterparty;
        uint64 time;
        bytes32 units;
        bytes32 ref;
        bytes32 r;
        bytes32 s;
        uint8 v;
    }

    function setUp() external {
        _participants = new Participants(address(this), 2 days);
        _ledger = new BatchLedger(_participants);
        SVM.enableSymbolicStorage(address(_participants));
        SVM.enableSymbolicStorage(address(_ledger));
    }

    function check_ship(Said memory said, bytes32 anyone) external {
        _prove(Step.Ship, said, anyone);
    }

    function check_receive(Said memory said, bytes32 anyone) external {
        _prove(Step.Receive, said, anyone);
    }

    function check_return(Said memory said, bytes32 anyone) external {
        _prove(Step.Return, said, anyone);
    }

    function check_sell(Said memory said, bytes32 anyone) external {
        _prove(Step.Sell, said, anyone);
    }

    function check_writeOff(Said memory said, bytes32 anyone) external {
        _prove(Step.WriteOff, said, anyone);
    }

    function check_voidShip(Said memory said, bytes32 voids, bytes32 anyone) external {
        _proveVoid(Step.Ship, said, voids, anyone);
    }

    function check_voidReceive(Said memory said, bytes32 voids, bytes32 anyone) external {
        _proveVoid(Step.Receive, said, voids, anyone);
    }

    function check_voidReturn(Said memory said, bytes32 voids, bytes32 anyone) external {
        _proveVoid(Step.Return, said, voids, anyone);
    }

    function check_voidSell(Said memory said, bytes32 voids, bytes32 anyone) external {
        _proveVoid(Step.Sell, said, voids, anyone);
    }

    function check_voidWriteOff(Said memory said, bytes32 voids, bytes32 anyone) external {
        _proveVoid(Step.WriteOff, said, voids, anyone);
    }

    function _proveVoid(Step step, Said memory said, bytes32 voids, bytes32 anyone) private {
        VM.assume(voids != 0);
        VM.assume(!_ledger.recorded(said.evidence));
        bool before = _ledger.voided(voids);
        Totals memory was = _ledger.totals(said.batch);
        uint256 held = _ledger.held(said.batch, anyone);
        _record(step, said, voids);
        Totals memory all = _ledger.totals(said.batch);
        bool grown = _ledger.held(said.batch, anyone) > held;
        if (!_ledger.recorded(said.evidence)) {
            assert(keccak256(abi.encode(all)) == keccak256(abi.encode(was)));
            assert(_ledger.held(said.batch, anyone) == held);
            return;
        }
        Actor memory actor = _participants.actorOf(keccak256(SIGNER));
        assert(!before && _ledger.voided(voids) && !_ledger.voided(said.evidence));
        assert(actor.standing == Standing.Active);
        assert(!grown || anyone == actor.party);
        assert(all.born == was.born && all.sold <= was.sold && all.lost <= was.lost);
    }

    function _prove(Step step, Said memory said, bytes32 anyone) private {
        VM.assume(!_ledger.recorded(said.evidence));
        bool recalled = _ledger.recalled(said.batch);
        Totals memory was = _ledger.totals(said.batch);
        uint256 held = _ledger.held(said.batch, anyone);
        _record(step, said, 0);
        if (!_ledger.recorded(said.evidence)) {
            assert(keccak256(abi.encode(_ledger.totals(said.batch))) == keccak256(abi.encode(was)));
            assert(_ledger.held(said.batch, anyone) == held);
            return;
        }
        Actor memory actor = _participants.actorOf(keccak256(SIGNER));
        bool maker = actor.roles & Roles.MAKERS != 0;
        bool grown = _ledger.held(said.batch, anyone) > held;
        Totals memory all = _ledger.totals(said.batch);
        assert(actor.standing == Standing.Active);
        assert(!grown || _participants.partyOf(anyone).standing == Standing.Active);
        assert(!recalled || all.sold == was.sold);
        assert(!recalled || maker || all.lost == was.lost);
        assert(!recalled || !grown || step == Step.Return || (maker && anyone == actor.party));
    }

    function _record(Step step, Said memory said, bytes32 voids) private {
        SignedCapture[] memory captures = new SignedCapture[](1);
        captures[0] = SignedCapture({
            capture: Capture({
                evidence: said.evidence,
                batch: said.batch,
                step: step,
                quantity: said.quantity,
                counterparty: said.counterparty,
                location: 0,
                time: said.time,
                units: said.units,
                ref: said.ref,
                voids: voids,
                inputs: new Input[](0)
            }),
            signer: SIGNER,
            signature: abi.encodePacked(said.r, said.s, said.v)
        });
        _ledger.record(captures);
    }
}
