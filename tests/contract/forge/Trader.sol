// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {BatchLedger} from "../../../contracts/BatchLedger.sol";
import {Participants} from "../../../contracts/Participants.sol";
import {Capture, CaptureHash, Input, SignedCapture, Step} from "../../../contracts/types/Capture.sol";
import {Totals} from "../../../contracts/types/Custody.sol";
import {Roles, Standing} from "../../../contracts/types/Party.sol";
import {Keys} from "./Keys.sol";
import {VM} from "./Vm.sol";

/// Says anything, in any order, for six parties about five batches; after each word looks at what must never happen.
contract Trader {
    uint256 public constant PARTIES = 6;
    uint256 public constant BATCHES = 5;

    BatchLedger public immutable LEDGER;
    Participants public immutable PARTICIPANTS;
    bytes32[] private _consignments;
    /// Captures, encoded.
    bytes[] private _told;
    uint256[] private _tellers;
    /// The account of its batch before the capture that was recorded last, unless a declaration came after it.
    Totals private _before;
    bool private _last;
    uint256 private _said;
    uint256 public moved;
    /// The most a party may hold of a batch: what it held when it was suspended.
    mapping(bytes32 party => mapping(bytes32 batch => uint256)) public ceiling;
    /// The most a party may hold of a recalled batch: what it held when it was recalled, and what came back since.
    mapping(bytes32 batch => mapping(bytes32 party => uint256)) public stopped;
    mapping(bytes32 batch => uint256) public soldWhenRecalled;

    constructor() {
        AccessManager manager = new AccessManager(address(this));
        PARTICIPANTS = new Participants(address(manager), 2 days);
        LEDGER = new BatchLedger(PARTICIPANTS);
        bytes4[] memory selectors = new bytes4[](3);
        selectors[0] = PARTICIPANTS.enrolParty.selector;
        selectors[1] = PARTICIPANTS.invite.selector;
        selectors[2] = PARTICIPANTS.setStanding.selector;
        manager.setTargetFunctionRole(address(PARTICIPANTS), selectors, 1);
        manager.grantRole(1, address(this), 0);
        uint8[6] memory roles =
            [Roles.BRAND, Roles.PRODUCER, Roles.WAREHOUSE, Roles.DEALER, Roles.STORE | Roles.DEALER, Roles.STORE];
        for (uint256 i = 0; i < PARTIES; ++i) {
            PARTICIPANTS.enrolParty(party(i), roles[i], 0);
            Keys.first(PARTICIPANTS, party(i), i + 1);
        }
    }

    /// Said after construction, because a digest is asked of this contract itself. Twice is harmless.
    function start() external {
        for (uint256 i = 0; i < BATCHES; ++i) {
            harvest(i % 2, i, uint128(1000 + i));
        }
    }

    // What may be said

    function harvest(uint256 who, uint256 what, uint128 quantity) public {
        _say(who, _capture(Step.Harvest, what, quantity));
    }

    function blend(uint256 who, uint256 what, uint256 from, uint128 quantity) external {
        Capture memory capture = _capture(Step.Blend, what, quantity % 1000);
        capture.batch = keccak256(abi.encode("blend", what));
        capture.inputs = new Input[](2);
        capture.inputs[0] = Input(batch(from), quantity % 700);
        capture.inputs[1] = Input(batch(from / 7), quantity % 300);
        _say(who, capture);
    }

    /// The ordinary course, so that there is something to sell, to lose and to recall.
    function deliver(uint256 from, uint256 what, uint256 to, uint128 quantity) external {
        uint128 held = LEDGER.held(batch(what), party(from));
        if (held == 0) from = what % BATCHES % 2;
        ship(from, what, to, quantity % 200 + 1);
        if (_consignments.length != 0) _answer(Step.Receive, _consignments.length - 1, quantity % 200);
    }

    function ship(uint256 who, uint256 what, uint256 to, uint128 quantity) public {
        Capture memory capture = _capture(Step.Ship, what, quantity % 1000);
        capture.counterparty = party(to);
        uint128 before = LEDGER.totals(capture.batch).inTransit;
        _say(who, capture);
        if (LEDGER.totals(capture.batch).inTransit > before) _consignments.push(capture.evidence);
    }

    function receive_(uint256 which, uint128 quantity) external {
        _answer(Step.Receive, which, quantity);
    }

    function return_(uint256 which, uint128 quantity) external {
        _answer(Step.Return, which, quantity);
    }

    function lose(uint256 which, uint128 quantity) external {
        _answer(Step.WriteOff, which, quantity % 9);
    }

    function meddle(uint256 who, uint256 which, uint256 what, uint128 quantity) external {
        Capture memory capture = _capture(Step.Receive, what, quantity % 100);
        capture.ref = consignment(which);
        _say(who, capture);
    }

    function sell(uint256 who, uint256 what, uint128 quantity) external {
        uint256 seller = who % PARTIES;
        for (uint256 i = 0; i < PARTIES && LEDGER.held(batch(what), party(seller)) == 0; ++i) {
            seller = PARTIES - 1 - i;
        }
        _say(seller, _capture(Step.Sell, what, quantity % 90));
    }

    function writeOff(uint256 who, uint256 what, uint128 quantity) external {
        _say(who, _capture(Step.WriteOff, what, quantity % 30));
    }

    /// Now and then; a batch is mostly free.
    function recall(uint256 what, uint8 chance) external {
        if (chance % 3 != 0) return lift(what);
        bool wasRecalled = LEDGER.recalled(batch(what));
        _say(0, _capture(Step.Recall, what, 0));
        if (wasRecalled) return;
        soldWhenRecalled[batch(what)] = LEDGER.totals(batch(what)).sold;
        for (uint256 i = 0; i < PARTIES; ++i) {
            stopped[batch(what)][party(i)] = LEDGER.held(batch(what), party(i));
        }
    }

    function recallUnits(uint256 what, bytes32 units, uint128 quantity, bool lifted) external {
        Capture memory capture = _capture(lifted ? Step.Lift : Step.Recall, what, quantity % 900 + 1);
        capture.units = keccak256(abi.encode(uint256(units) % 3));
        bool wasRecalled = LEDGER.recalled(capture.batch);
        _say(0, capture);
        require(LEDGER.recalled(capture.batch) == wasRecalled, "units stopped or freed the whole batch");
    }

    /// What was said last is taken back, and all is as it was before it.
    function takeBack() external {
        if (!_last) return;
        Capture memory last = abi.decode(_told[_told.length - 1], (Capture));
        uint256 who = _tellers[_tellers.length - 1];
        bool turned = last.step == Step.Recall || last.step == Step.Lift;
        if (turned || PARTICIPANTS.partyOf(party(who)).standing != Standing.Active) return;
        Totals memory before = _before;
        _say(who, _voiding(last));
        require(LEDGER.voided(last.evidence), "what was said last was not taken back");
        Totals memory then = LEDGER.totals(last.batch);
        require(keccak256(abi.encode(then)) == keccak256(abi.encode(before)), "what was taken back left something");
    }

    /// One of the last things said, by its party and now and then by another.
    function void_(uint256 which, uint8 chance) external {
        if (_told.length == 0) return;
        uint256 place = _told.length - 1 - which % (_told.length < 12 ? _told.length : 12);
        Capture memory capture = _voiding(abi.decode(_told[place], (Capture)));
        uint256 who = chance % 5 == 0 ? uint256(chance) : _tellers[place];
        if (chance % 7 == 0) ++capture.quantity;
        bool wasVoided = LEDGER.voided(capture.voids);
        _say(who, capture);
        bool same = who % PARTIES == _tellers[place] && chance % 7 != 0 && !wasVoided;
        require(same || !LEDGER.recorded(capture.evidence), "another's word, another word or the same twice");
    }

    function lift(uint256 what) public {
        _say(0, _capture(Step.Lift, what, 0));
    }

    /// Now and then; a party is mostly active.
    function sanction(uint256 who, uint8 chance) external {
        bytes32 id = party(who);
        Standing standing = chance % 4 == 0 ? Standing.Suspended : Standing.Active;
        if (PARTICIPANTS.partyOf(id).standing == standing) return;
        PARTICIPANTS.setStanding(id, standing);
        for (uint256 i = 0; i < BATCHES; ++i) {
            ceiling[id][batch(i)] = LEDGER.held(batch(i), id);
        }
    }

    // Who and what there is

    function party(uint256 seed) public pure returns (bytes32) {
        return keccak256(abi.encode("party", seed % PARTIES));
    }

    function batch(uint256 seed) public pure returns (bytes32) {
        return keccak256(abi.encode("batch", seed % BATCHES));
    }

    function consignment(uint256 seed) public view returns (bytes32) {
        return _consignments.length == 0 ? bytes32(0) : _consignments[seed % _consignments.length];
    }

    function consignments() external view returns (bytes32[] memory) {
        return _consignments;
    }

    function digest(Capture calldata capture) external view returns (bytes32) {
        (, string memory name, string memory version, uint256 chain, address contract_,,) = LEDGER.eip712Domain();
        bytes32 domain = MessageHashUtils.toDomainSeparator(
            bytes1(0x0f), name, version, chain, contract_, bytes32(0)
        );
        return MessageHashUtils.toTypedDataHash(domain, CaptureHash.structHash(capture));
    }

    // Saying it

    function _capture(Step step, uint256 what, uint128 quantity) private returns (Capture memory capture) {
        capture.evidence = keccak256(abi.encode("evidence", ++_said));
        capture.batch = batch(what);
        capture.step = step;
        capture.quantity = quantity;
    }

    function _voiding(Capture memory told) private returns (Capture memory capture) {
        capture = abi.decode(abi.encode(told), (Capture));
        capture.voids = told.evidence;
        capture.evidence = keccak256(abi.encode("evidence", ++_said));
    }

    function _answer(Step step, uint256 which, uint128 quantity) private {
        if (_consignments.length == 0) return;
        bytes32 ref = consignment(which);
        bytes32 addressee = LEDGER.consignment(ref).addressee;
        Capture memory capture = _capture(step, 0, 1 + quantity % 300);
        capture.batch = LEDGER.consignment(ref).batch;
        capture.ref = ref;
        uint256 who = 0;
        while (party(who) != addressee) ++who;
        _say(who, capture);
    }

    function _say(uint256 who, Capture memory capture) private {
        Totals memory before = LEDGER.totals(capture.batch);
        uint128[] memory held = _holdings(capture.batch);
        bool wasRecalled = LEDGER.recalled(capture.batch);
        LEDGER.record(_signed(who, capture));
        bool recorded = LEDGER.recorded(capture.evidence);
        if (recorded) _remember(who % PARTIES, capture, before, wasRecalled);
        Totals memory then = LEDGER.totals(capture.batch);
        require(recorded || keccak256(abi.encode(before)) == keccak256(abi.encode(then)), "a refusal moved something");
        for (uint256 i = 0; i < PARTIES; ++i) {
            bool own = capture.voids != 0 && i == who % PARTIES;
            if (LEDGER.held(capture.batch, party(i)) > held[i]) _mayHoldMore(i, capture.step, own, wasRecalled);
        }
        _mayMoveOn(capture, before, then, wasRecalled);
    }

    function _signed(uint256 who, Capture memory capture) private view returns (SignedCapture[] memory captures) {
        uint256 key = who % PARTIES + 1;
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, this.digest(capture));
        captures = new SignedCapture[](1);
        captures[0] = SignedCapture(capture, abi.encodePacked(VM.addr(key)), abi.encodePacked(r, s, v));
    }

    /// Who holds more after a capture than before it, and what the capture was: `own` is a declaration of that party.
    function _mayHoldMore(uint256 who, Step step, bool own, bool wasRecalled) private view {
        require(PARTICIPANTS.partyOf(party(who)).standing == Standing.Active, "a suspended party received");
        bool maker = PARTICIPANTS.partyOf(party(who)).roles & Roles.MAKERS != 0;
        require(!wasRecalled || maker || step == Step.Return || own, "a recalled batch moved on");
    }

    function _mayMoveOn(Capture memory capture, Totals memory before, Totals memory then, bool wasRecalled)
        private
        view
    {
        bool voids = capture.voids != 0;
        require(then.sold == before.sold || !wasRecalled || voids, "a recalled batch was sold");
        require(then.sold <= before.sold || !voids, "a declaration sold something");
        bool back = PARTICIPANTS.partyOf(capture.counterparty).roles & Roles.MAKERS != 0;
        require(then.inTransit <= before.inTransit || !wasRecalled || back || voids, "a recalled batch was sent on");
    }

    function _remember(uint256 who, Capture memory capture, Totals memory before, bool wasRecalled) private {
        ++moved;
        _last = capture.voids == 0;
        if (_last) {
            _told.push(abi.encode(capture));
            _tellers.push(who);
            _before = before;
            if (capture.step != Step.Return) return;
            stopped[capture.batch][LEDGER.consignment(capture.ref).sender] += capture.quantity;
            return;
        }
        // What a declaration gives back to its own party may be of a batch that was recalled meanwhile.
        bool given = capture.step == Step.Ship || capture.step == Step.Sell || capture.step == Step.WriteOff;
        if (given) stopped[capture.batch][party(who)] += capture.quantity;
        if (wasRecalled) soldWhenRecalled[capture.batch] = LEDGER.totals(capture.batch).sold;
    }

    function _holdings(bytes32 id) private view returns (uint128[] memory held) {
        held = new uint128[](PARTIES);
        for (uint256 i = 0; i < PARTIES; ++i) {
            held[i] = LEDGER.held(id, party(i));
        }
    }
}
