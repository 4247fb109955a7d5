// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IBatchLedger as Refusal} from "../../../contracts/interfaces/IBatchLedger.sol";
import {IParticipants as Why} from "../../../contracts/interfaces/IParticipants.sol";
import {Participants} from "../../../contracts/Participants.sol";
import {Capture, Step} from "../../../contracts/types/Capture.sol";
import {Roles, Silence, Way} from "../../../contracts/types/Party.sol";
import {Desk} from "./Desk.sol";
import {Keys} from "./Keys.sol";
import {VM} from "./Vm.sol";

/// Whoever holds the brand's keys and every access role (this contract does) cannot speak for the dealer.
contract ForeignKeysTest is Desk {
    using Keys for Participants;

    uint256 private constant FORGED = 0xbad;
    uint256 private constant PHONE = 0xd0d0;
    uint256 private constant CODE = 0xc0de;

    function setUp() public override {
        super.setUp();
        _stocked(DEALER, 10);
    }

    // Every way that the brand has

    function test_aPartyWithKeysIsNotInvitedAgain() external {
        VM.expectPartialRevert(Why.PartyHasDevices.selector);
        _participants.invite(DEALER, VM.addr(CODE));
    }

    function test_anInvitationServesItsPartyAlone() external {
        _participants.enrolParty("shell", Roles.DEALER, 0);
        _participants.invite("shell", VM.addr(CODE));
        VM.expectPartialRevert(Why.InvitationMissing.selector);
        this.redeem(DEALER, FORGED, CODE);
        this.redeem("shell", FORGED, CODE);
        _silent();
    }

    function test_anInvitationServesOnce() external {
        _participants.enrolParty("shell", Roles.DEALER, 0);
        _participants.invite("shell", VM.addr(CODE));
        this.redeem("shell", PHONE, CODE);
        VM.expectPartialRevert(Why.InvitationMissing.selector);
        this.redeem("shell", FORGED, CODE);
    }

    function test_anInvitationIsWorthlessBesideAKeyThatCameSince() external {
        _participants.revokeDevice(_signer(DEALER));
        _participants.invite(DEALER, VM.addr(CODE));
        _participants.propose(DEALER, PHONE);
        VM.expectPartialRevert(Why.PartyHasDevices.selector);
        this.redeem(DEALER, FORGED, CODE);
        _silent();
    }

    function test_aDeviceOfTheBrandAdmitsNoneForTheDealer() external {
        bytes32 join = keccak256("Join(bytes32 party,bytes32 device,bytes32 by)");
        bytes32 by = Keys.device(_key(BRAND));
        bytes memory possession = _participants.signed(join, DEALER, FORGED, by, FORGED);
        bytes memory signature = _participants.signed(join, DEALER, FORGED, by, _key(BRAND));
        VM.expectPartialRevert(Why.SignatureWrong.selector);
        _participants.admit(Keys.signer(FORGED), possession, _signer(BRAND), signature);
        VM.expectPartialRevert(Why.SignatureWrong.selector);
        _participants.admit(Keys.signer(FORGED), possession, _signer(DEALER), signature);
        _silent();
    }

    function test_aProposedKeyIsUnknownUntilItsNoticeHasPassed() external {
        _participants.propose(DEALER, FORGED);
        _silent();
        VM.expectPartialRevert(Why.DeviceNotYet.selector);
        this.admit(DEALER, PHONE, FORGED);
        VM.expectPartialRevert(Why.DeviceNotYet.selector);
        this.revoke(DEALER, _key(DEALER), FORGED);
        VM.warp(block.timestamp + 2 days - 1);
        _silent();
        VM.warp(block.timestamp + 1);
        require(_participants.actorOf(Keys.device(FORGED)).party == DEALER, "its notice has passed unstopped");
        require(_participants.keyOf(Keys.device(FORGED)).way == Way.Proposal, "and it says for ever how it came");
    }

    function test_aStoppedKeyNeverSpeaksAndTheNextNoticeBeginsAnew() external {
        _participants.propose(DEALER, FORGED);
        VM.expectPartialRevert(Why.NoticeRunning.selector);
        this.propose(DEALER, PHONE);
        _participants.revoke(DEALER, FORGED, _key(DEALER));
        VM.expectPartialRevert(Why.DeviceKnown.selector);
        this.propose(DEALER, FORGED);
        VM.warp(block.timestamp + 3 days);
        _silent();
        _participants.propose(DEALER, PHONE);
        require(_participants.keyOf(Keys.device(PHONE)).from == block.timestamp + 2 days, "shortened");
    }

    function test_whoSilencesTheDealerAndInvitesAnotherIsStoppedByTheSilenced() external {
        _participants.revokeDevice(_signer(DEALER));
        _participants.invite(DEALER, VM.addr(CODE));
        this.redeem(DEALER, FORGED, CODE);
        _silent();
        require(_participants.keyOf(Keys.device(_key(DEALER))).silence == Silence.ByBrand, "who silenced it is told");
        _participants.revoke(DEALER, FORGED, _key(DEALER));
        VM.warp(block.timestamp + 3 days);
        _silent();
    }

    function test_theSilencedStopOnlyWhatStillWaits() external {
        _participants.admit(DEALER, PHONE, _key(DEALER));
        _participants.revokeDevice(_signer(DEALER));
        VM.expectPartialRevert(Why.DeviceIsRevoked.selector);
        this.revoke(DEALER, PHONE, _key(DEALER));
        VM.expectPartialRevert(Why.DeviceIsRevoked.selector);
        this.admit(DEALER, FORGED, _key(DEALER));
        _participants.propose(DEALER, FORGED);
        VM.expectPartialRevert(Why.DeviceOfAnother.selector);
        this.revoke(STORE, FORGED, _key(STORE));
        _participants.revoke(DEALER, PHONE, PHONE);
        VM.expectPartialRevert(Why.DeviceIsRevoked.selector);
        this.revoke(DEALER, FORGED, PHONE);
    }

    function test_aKeyThatTheBrandProposedAndWithdrewStopsNothing() external {
        _participants.propose(DEALER, FORGED);
        _participants.revokeDevice(Keys.signer(FORGED));
        _participants.propose(DEALER, PHONE);
        VM.expectPartialRevert(Why.DeviceIsRevoked.selector);
        this.revoke(DEALER, PHONE, FORGED);
    }

    function test_aPartyWithoutAnyKeyIsNotGivenOneByProposal() external {
        _participants.enrolParty("new", Roles.DEALER, 0);
        VM.expectPartialRevert(Why.FirstByInvitation.selector);
        this.propose("new", FORGED);
        VM.expectPartialRevert(Why.PartyUnknown.selector);
        this.propose("stranger", FORGED);
        VM.expectPartialRevert(Why.PartyUnknown.selector);
        _participants.invite("stranger", VM.addr(CODE));
        VM.expectPartialRevert(Why.InvitationMissing.selector);
        _participants.invite("new", address(0));
    }

    function test_theKeyOfTheCodeIsNoDevice() external {
        _participants.enrolParty("new", Roles.DEALER, 0);
        _participants.invite("new", VM.addr(CODE));
        VM.expectPartialRevert(Why.InvitationIsDevice.selector);
        this.redeem("new", CODE, CODE);
    }

    function test_anAdmissionIsNotReplayedForAnotherKeyOrParty() external {
        bytes32 join = keccak256("Join(bytes32 party,bytes32 device,bytes32 by)");
        bytes32 by = Keys.device(_key(DEALER));
        bytes memory possession = _participants.signed(join, DEALER, PHONE, by, PHONE);
        bytes memory signature = _participants.signed(join, DEALER, PHONE, by, _key(DEALER));
        VM.expectPartialRevert(Why.SignatureWrong.selector);
        _participants.admit(Keys.signer(FORGED), possession, _signer(DEALER), signature);
        VM.expectPartialRevert(Why.SignatureWrong.selector);
        _participants.admit(Keys.signer(PHONE), signature, _signer(DEALER), signature);
        _participants.admit(Keys.signer(PHONE), possession, _signer(DEALER), signature);
        VM.expectPartialRevert(Why.DeviceKnown.selector);
        _participants.admit(Keys.signer(PHONE), possession, _signer(DEALER), signature);
        _participants.revoke(DEALER, PHONE, _key(DEALER));
        VM.expectPartialRevert(Why.DeviceKnown.selector);
        _participants.admit(Keys.signer(PHONE), possession, _signer(DEALER), signature);
    }

    function test_aSignatureOverTheSameRegisterElsewhereIsWorthless() external {
        Participants other = new Participants(address(this), 2 days);
        bytes32 join = keccak256("Join(bytes32 party,bytes32 device,bytes32 by)");
        bytes32 by = Keys.device(_key(DEALER));
        bytes memory signature = other.signed(join, DEALER, FORGED, by, _key(DEALER));
        bytes memory possession = _participants.signed(join, DEALER, FORGED, by, FORGED);
        VM.expectPartialRevert(Why.SignatureWrong.selector);
        _participants.admit(Keys.signer(FORGED), possession, _signer(DEALER), signature);
    }

    function test_noKeyIsTakenFromWhoHasIt() external {
        // The dealer's new phone, known to the brand from the pool of transactions, before the dealer's admission is mined.
        bytes32 join = keccak256("Join(bytes32 party,bytes32 device,bytes32 by)");
        bytes memory seen = _participants.signed(join, DEALER, PHONE, Keys.device(_key(DEALER)), PHONE);
        bytes memory signature = _participants.signed(join, STORE, PHONE, Keys.device(_key(STORE)), _key(STORE));
        VM.expectPartialRevert(Why.SignatureWrong.selector);
        _participants.admit(Keys.signer(PHONE), seen, _signer(STORE), signature);
        VM.expectPartialRevert(Why.SignatureWrong.selector);
        _participants.propose(STORE, Keys.signer(PHONE), seen);
    }

    function test_noRoleAndNoClosedTargetKeepsThePartyFromStopping() external {
        AccessManager manager = AccessManager(_participants.authority());
        _participants.propose(DEALER, FORGED);
        manager.setTargetClosed(address(_participants), true);
        bytes4[] memory selectors = new bytes4[](2);
        selectors[0] = Why.revoke.selector;
        selectors[1] = Why.admit.selector;
        manager.setTargetFunctionRole(address(_participants), selectors, 1);
        _participants.revoke(DEALER, FORGED, _key(DEALER));
        _participants.admit(DEALER, PHONE, _key(DEALER));
        manager.updateAuthority(address(_participants), address(new Everybody()));
        VM.warp(block.timestamp + 3 days);
        _silent();
    }

    function test_noDeploymentHasAShorterNotice() external {
        VM.expectPartialRevert(Why.NoticeTooShort.selector);
        new Participants(address(this), 2 days - 1);
        require(new Participants(address(this), 3 days).NOTICE() == 3 days, "longer is free");
    }

    // What a party does itself

    function test_aPartyAdmitsAndRevokesItsKeysAtOnce() external {
        _participants.admit(DEALER, PHONE, _key(DEALER));
        Capture memory sold = _capture(Step.Sell, 1);
        _send(sold, Keys.signer(PHONE), _signedBy(PHONE, sold));
        require(_ledger.recorded(sold.evidence), "refused");
        _participants.revoke(DEALER, PHONE, _key(DEALER));
        Capture memory again = _capture(Step.Sell, 1);
        _refused(again, Keys.signer(PHONE), _signedBy(PHONE, again), Refusal.DeviceIsRevoked.selector);
        VM.expectPartialRevert(Why.DeviceIsRevoked.selector);
        this.revoke(DEALER, PHONE, _key(DEALER));
        VM.expectPartialRevert(Why.DeviceUnknown.selector);
        this.revoke(DEALER, FORGED, _key(DEALER));
        VM.expectPartialRevert(Why.DeviceUnknown.selector);
        this.admit(DEALER, PHONE, FORGED);
        VM.expectPartialRevert(Why.DeviceOfAnother.selector);
        this.revoke(DEALER, _key(STORE), _key(DEALER));
    }

    function test_aStrangersSignatureRevokesNothing() external {
        bytes32 kind = keccak256("Leave(bytes32 party,bytes32 device,bytes32 by)");
        bytes memory signature = _participants.signed(kind, DEALER, _key(DEALER), Keys.device(_key(DEALER)), FORGED);
        VM.expectPartialRevert(Why.SignatureWrong.selector);
        _participants.revoke(_signer(DEALER), _signer(DEALER), signature);
    }

    function test_aSignerThatIsNoneIsRefused() external {
        bytes memory nothing = "";
        _participants.enrolParty("new", Roles.DEALER, 0);
        _participants.invite("new", VM.addr(CODE));
        VM.expectPartialRevert(Why.SignerMalformed.selector);
        _participants.propose(DEALER, hex"01", nothing);
        VM.expectPartialRevert(Why.SignerMalformed.selector);
        _participants.propose(DEALER, abi.encodePacked(address(1), bytes32("a key without a verifier")), nothing);
        VM.expectPartialRevert(Why.SignatureWrong.selector);
        _participants.redeem("new", Keys.signer(PHONE), nothing, nothing);
    }

    /// An invitation is public; what redeems it is its code. Everything else here is as it must be.
    function test_whoSeesAnInvitationDoesNotRedeemIt() external {
        _participants.enrolParty("new", Roles.DEALER, 0);
        _participants.invite("new", VM.addr(CODE));
        bytes32 kind = keccak256("Join(bytes32 party,bytes32 device,bytes32 by)");
        bytes32 by = bytes32(uint256(uint160(VM.addr(CODE))));
        bytes memory possession = _participants.signed(kind, "new", FORGED, by, FORGED);
        VM.expectPartialRevert(Why.SignatureWrong.selector);
        _participants.redeem("new", Keys.signer(FORGED), possession, possession);
        bytes memory opened = _participants.signed(kind, "new", FORGED, by, CODE);
        _participants.redeem("new", Keys.signer(FORGED), possession, opened);
    }

    /// A lost code is replaced, and the first one is worthless then.
    function test_aNewInvitationTakesThePlaceOfTheLost() external {
        _participants.enrolParty("new", Roles.DEALER, 0);
        _participants.invite("new", VM.addr(CODE));
        _participants.invite("new", VM.addr(CODE + 1));
        VM.expectPartialRevert(Why.SignatureWrong.selector);
        this.redeem("new", FORGED, CODE);
        _participants.redeem("new", PHONE, CODE + 1);
        require(_participants.invitationOf("new") == address(0), "open");
    }

    // Calls of their own, so that the next revert is theirs

    function redeem(bytes32 party, uint256 key, uint256 code) external {
        _participants.redeem(party, key, code);
    }

    function admit(bytes32 party, uint256 key, uint256 by) external {
        _participants.admit(party, key, by);
    }

    function propose(bytes32 party, uint256 key) external {
        _participants.propose(party, key);
    }

    function revoke(bytes32 party, uint256 key, uint256 by) external {
        _participants.revoke(party, key, by);
    }

    /// The forged key says nothing that counts as the dealer's.
    function _silent() private {
        require(
            _participants.actorOf(Keys.device(FORGED)).party != DEALER
                || _participants.keyOf(Keys.device(FORGED)).silence != Silence.None,
            "speaks for the dealer"
        );
        Capture memory capture = _capture(Step.Sell, 1);
        _send(capture, Keys.signer(FORGED), _signedBy(FORGED, capture));
        require(!_ledger.recorded(capture.evidence), "a forged sale");
    }

    function _signedBy(uint256 key, Capture memory capture) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(key, this.digest(capture));
        return abi.encodePacked(r, s, v);
    }
}

/// An authority that lets everybody do everything.
contract Everybody {
    function canCall(address, address, bytes4) external pure returns (bool immediate, uint32 delay) {
        return (true, 0);
    }
}
