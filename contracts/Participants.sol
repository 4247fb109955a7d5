// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IParticipants} from "./interfaces/IParticipants.sol";
import {Actor, Key, Party, Roles, Silence, Standing, Way} from "./types/Party.sol";

/// @title The register of IParticipants.
/// @dev What the brand may do is `restricted`; what a party does is signed by its keys and open to any relayer, so that
/// no access role, and nobody who gives out roles, can keep a party from admitting, stopping or revoking.
contract Participants is IParticipants, AccessManaged, EIP712 {
    struct Device {
        uint32 party;
        uint64 from;
        Way way;
        Silence silence;
    }

    struct Keys {
        uint32 ever;
        uint32 live;
        address invitation;
        bytes32 running;
    }

    /// @dev The least notice of a key that the party did not admit itself: no deployment can have a shorter one.
    uint64 private constant NOTICE_LEAST = 2 days;
    bytes32 private constant JOIN = keccak256("Join(bytes32 party,bytes32 device,bytes32 by)");
    bytes32 private constant LEAVE = keccak256("Leave(bytes32 party,bytes32 device,bytes32 by)");

    /// @inheritdoc IParticipants
    uint64 public immutable NOTICE;

    uint32 private _count;
    mapping(bytes32 party => Party) private _parties;
    mapping(uint32 number => bytes32 party) private _ids;
    mapping(bytes32 device => Device) private _devices;
    mapping(bytes32 party => Keys) private _keys;

    constructor(address manager, uint64 notice) AccessManaged(manager) EIP712("Jiulian Participants", "1") {
        if (notice < NOTICE_LEAST) revert NoticeTooShort(notice);
        NOTICE = notice;
    }

    /// @inheritdoc IParticipants
    function enrolParty(bytes32 party, uint8 roles, bytes32 territory) external restricted {
        if (party == 0) revert PartyMissing();
        if (roles == 0 || roles > Roles.ALL) revert RolesUnknown(roles);
        Party storage entry = _parties[party];
        // What a party may do is said once: whoever enrols must not take a step from it, which only a sanction may.
        if (entry.number != 0) revert PartyKnown(party);
        entry.number = ++_count;
        entry.standing = Standing.Active;
        entry.roles = roles;
        entry.territory = territory;
        _ids[entry.number] = party;
        emit PartyEnrolled(party, roles, territory);
        emit StandingChanged(party, Standing.Active);
    }

    /// @inheritdoc IParticipants
    function setStanding(bytes32 party, Standing standing) external restricted {
        Party storage entry = _parties[party];
        if (entry.number == 0) revert PartyUnknown(party);
        if (standing == Standing.None || standing == entry.standing) revert StandingUnchanged(party, standing);
        entry.standing = standing;
        emit StandingChanged(party, standing);
    }

    // What the brand may do about keys

    /// @inheritdoc IParticipants
    function invite(bytes32 party, address invitation) external restricted {
        if (_parties[party].number == 0) revert PartyUnknown(party);
        if (invitation == address(0)) revert InvitationMissing(party);
        Keys storage keys = _keys[party];
        if (keys.live != 0) revert PartyHasDevices(party, keys.live);
        keys.invitation = invitation;
        emit DeviceInvited(party, invitation, keys.ever);
    }

    /// @inheritdoc IParticipants
    function propose(bytes32 party, bytes calldata signer, bytes calldata possession) external restricted {
        if (_parties[party].number == 0) revert PartyUnknown(party);
        if (_keys[party].ever == 0) revert FirstByInvitation(party);
        bytes32 running = _keys[party].running;
        if (_isWaiting(_devices[running])) revert NoticeRunning(party, running);
        _enrol(party, signer, possession, Way.Proposal, 0, true);
    }

    /// @inheritdoc IParticipants
    function revokeDevice(bytes calldata signer) external restricted {
        bytes32 device = keccak256(signer);
        // A key that the brand silences may still stop keys; one that was never in force may not.
        _silence(device, _isWaiting(_devices[device]) ? Silence.ByParty : Silence.ByBrand, 0);
    }

    // What a party does with its keys

    /// @inheritdoc IParticipants
    function redeem(bytes32 party, bytes calldata signer, bytes calldata possession, bytes calldata signature)
        external
    {
        Keys storage keys = _keys[party];
        address invitation = keys.invitation;
        if (invitation == address(0)) revert InvitationMissing(party);
        if (keys.live != 0) revert PartyHasDevices(party, keys.live);
        if (keccak256(signer) == keccak256(abi.encodePacked(invitation))) revert InvitationIsDevice(invitation);
        bytes32 by = bytes32(uint256(uint160(invitation)));
        bytes32 digest = _digest(JOIN, party, keccak256(signer), by);
        if (!SignatureChecker.isValidSignatureNowCalldata(invitation, digest, signature)) revert SignatureWrong(by);
        delete keys.invitation;
        _enrol(party, signer, possession, Way.Invitation, by, keys.ever != 0);
    }

    /// @inheritdoc IParticipants
    function admit(
        bytes calldata signer,
        bytes calldata possession,
        bytes calldata admitting,
        bytes calldata signature
    ) external {
        bytes32 by = keccak256(admitting);
        bytes32 party = _speakerOf(by);
        bytes32 digest = _digest(JOIN, party, keccak256(signer), by);
        if (!_isSigned(admitting, digest, signature)) revert SignatureWrong(by);
        _enrol(party, signer, possession, Way.Admission, by, false);
    }

    /// @inheritdoc IParticipants
    function revoke(bytes calldata signer, bytes calldata revoking, bytes calldata signature) external {
        bytes32 device = keccak256(signer);
        bytes32 by = keccak256(revoking);
        Device storage entry = _devices[device];
        if (entry.party == 0) revert DeviceUnknown(device);
        bool vetoes = _devices[by].silence == Silence.ByBrand && _isWaiting(entry);
        bytes32 party = vetoes ? _ids[_devices[by].party] : _speakerOf(by);
        if (_ids[entry.party] != party) revert DeviceOfAnother(device, party);
        if (!_isSigned(revoking, _digest(LEAVE, party, device, by), signature)) revert SignatureWrong(by);
        _silence(device, Silence.ByParty, by);
    }

    // What others may ask

    /// @inheritdoc IParticipants
    function partyOf(bytes32 party) external view returns (Party memory) {
        return _parties[party];
    }

    /// @inheritdoc IParticipants
    function actorOf(bytes32 device) external view returns (Actor memory actor) {
        Device storage entry = _devices[device];
        if (entry.from > block.timestamp) return actor;
        actor.number = entry.party;
        actor.revoked = entry.silence != Silence.None;
        actor.party = _ids[actor.number];
        Party storage party = _parties[actor.party];
        actor.roles = party.roles;
        actor.standing = party.standing;
    }

    /// @inheritdoc IParticipants
    function keyOf(bytes32 device) external view returns (Key memory) {
        Device storage entry = _devices[device];
        return Key(_ids[entry.party], entry.from, entry.way, entry.silence);
    }

    /// @inheritdoc IParticipants
    function invitationOf(bytes32 party) external view returns (address) {
        return _keys[party].invitation;
    }

    /// @inheritdoc IParticipants
    function partyAt(uint32 number) external view returns (bytes32) {
        return _ids[number];
    }

    // How a key comes and goes

    function _enrol(
        bytes32 party,
        bytes calldata signer,
        bytes calldata possession,
        Way way,
        bytes32 by,
        bool waits
    ) private {
        if (signer.length < 20 || (signer.length > 20 && address(bytes20(signer)).code.length == 0)) {
            revert SignerMalformed(signer);
        }
        bytes32 device = keccak256(signer);
        if (_devices[device].party != 0) revert DeviceKnown(device);
        if (!_isSigned(signer, _digest(JOIN, party, device, by), possession)) revert SignatureWrong(device);
        uint64 from = uint64(block.timestamp) + (waits ? NOTICE : 0);
        _devices[device] = Device(_parties[party].number, from, way, Silence.None);
        Keys storage keys = _keys[party];
        ++keys.ever;
        ++keys.live;
        if (waits) keys.running = device;
        emit DeviceEnrolled(device, party, signer, way, by, from);
    }

    function _silence(bytes32 device, Silence silence, bytes32 by) private {
        Device storage entry = _devices[device];
        if (entry.party == 0) revert DeviceUnknown(device);
        if (entry.silence != Silence.None) revert DeviceIsRevoked(device);
        bytes32 party = _ids[entry.party];
        entry.silence = silence;
        --_keys[party].live;
        emit DeviceRevoked(device, party, by);
    }

    /// @dev The party that speaks through a key which is in force.
    function _speakerOf(bytes32 device) private view returns (bytes32) {
        Device storage entry = _devices[device];
        if (entry.party == 0) revert DeviceUnknown(device);
        if (entry.silence != Silence.None) revert DeviceIsRevoked(device);
        if (entry.from > block.timestamp) revert DeviceNotYet(device, entry.from);
        return _ids[entry.party];
    }

    function _isWaiting(Device storage entry) private view returns (bool) {
        return entry.from > block.timestamp && entry.silence == Silence.None;
    }

    function _digest(bytes32 kind, bytes32 party, bytes32 device, bytes32 by) private view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(kind, party, device, by)));
    }

    function _isSigned(bytes calldata signer, bytes32 digest, bytes calldata signature) private view returns (bool) {
        if (signer.length == 20) {
            return SignatureChecker.isValidSignatureNowCalldata(address(bytes20(signer)), digest, signature);
        }
        return SignatureChecker.isValidSignatureNow(signer, digest, signature);
    }
}
