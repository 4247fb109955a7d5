// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC7913SignatureVerifier} from "@openzeppelin/contracts/interfaces/IERC7913.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {IParticipants as Why} from "../../../contracts/interfaces/IParticipants.sol";
import {Capture, Step} from "../../../contracts/types/Capture.sol";
import {Roles, Standing} from "../../../contracts/types/Party.sol";
import {Desk} from "./Desk.sol";
import {Keys} from "./Keys.sol";
import {VM} from "./Vm.sol";

/// Who is enrolled and sanctioned, and with which keys they speak.
contract ParticipantsTest is Desk {
    function test_enrolmentThatMakesNoSenseIsRefused() external {
        VM.expectPartialRevert(Why.PartyMissing.selector);
        _participants.enrolParty(0, Roles.DEALER, 0);
        VM.expectPartialRevert(Why.RolesUnknown.selector);
        _participants.enrolParty("new", 0, 0);
        VM.expectPartialRevert(Why.RolesUnknown.selector);
        _participants.enrolParty("new", Roles.ALL + 1, 0);
    }

    function test_whoEnrolsTakesNothingFromAParty(uint8 roles, bytes32 territory) external {
        roles = uint8(1 + roles % Roles.ALL);
        VM.expectPartialRevert(Why.PartyKnown.selector);
        _participants.enrolParty(DEALER, roles, territory);
        require(_participants.partyOf(DEALER).roles == Roles.DEALER, "still a dealer");
    }

    function test_aStandingChangesOrIsRefused() external {
        _participants.setStanding(DEALER, Standing.Revoked);
        VM.expectPartialRevert(Why.StandingUnchanged.selector);
        _participants.setStanding(DEALER, Standing.Revoked);
        VM.expectPartialRevert(Why.StandingUnchanged.selector);
        _participants.setStanding(DEALER, Standing.None);
        VM.expectPartialRevert(Why.PartyUnknown.selector);
        _participants.setStanding("stranger", Standing.Active);
    }

    function test_aKeyIsSilencedOnce() external {
        VM.expectPartialRevert(Why.DeviceUnknown.selector);
        _participants.revokeDevice(_signer("stranger"));
        _participants.revokeDevice(_signer(DEALER));
        VM.expectPartialRevert(Why.DeviceIsRevoked.selector);
        _participants.revokeDevice(_signer(DEALER));
    }

    function testFuzz_aBrowserKeySpeaksWithEitherOfItsSignatures(uint256 seed) external {
        uint256 key = seed % (P256.N - 1) + 1;
        (uint256 x, uint256 y) = VM.publicKeyP256(key);
        bytes memory signer = abi.encodePacked(_verifier, x, y);
        _admitBrowser(signer, key);
        Capture memory capture = _capture(Step.Age, 0);
        (bytes32 r, bytes32 s) = VM.signP256(key, sha256(abi.encodePacked(this.digest(capture))));
        _send(capture, signer, abi.encodePacked(r, s));
        require(_ledger.recorded(capture.evidence), "refused");
        // The other signature of the same key over the same digest.
        bytes32 hash = this.digest(capture);
        bytes memory mirrored = abi.encodePacked(r, P256.N - uint256(s));
        require(_verify(x, y, hash, mirrored) == IERC7913SignatureVerifier.verify.selector, "refused");
        require(_verify(x, y, keccak256("another"), mirrored) == 0xffffffff, "signs anything");
        require(_verify(x, y, hash, abi.encodePacked(r)) == 0xffffffff, "half a signature");
        require(_verifier.verify(abi.encodePacked(x), hash, mirrored) == 0xffffffff, "half a key");
    }

    function _admitBrowser(bytes memory signer, uint256 key) private {
        bytes32 by = Keys.device(_key(BRAND));
        bytes32 join = keccak256("Join(bytes32 party,bytes32 device,bytes32 by)");
        bytes32 said = Keys.digest(_participants, join, BRAND, keccak256(signer), by);
        (bytes32 r, bytes32 s) = VM.signP256(key, sha256(abi.encodePacked(said)));
        (uint8 v, bytes32 r_, bytes32 s_) = VM.sign(_key(BRAND), said);
        _participants.admit(signer, abi.encodePacked(r, s), _signer(BRAND), abi.encodePacked(r_, s_, v));
    }

    function _verify(uint256 x, uint256 y, bytes32 hash, bytes memory signature) private view returns (bytes4) {
        return _verifier.verify(abi.encodePacked(x, y), hash, signature);
    }
}
