// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Actor, Key, Party, Standing, Way} from "../types/Party.sol";

/// @title Who takes part, what they may do, and with which keys they speak.
/// @notice Enrolment and sanction are two access roles, meant for two people; a sanction may carry a delay.
/// Nobody signs for another: a party's first key comes by an invitation that it redeems, each later one is admitted by a
/// device of the same party, or proposed by the brand with a notice that the party sees and can stop.
/// What keys sign is EIP-712 with the domain "Jiulian Participants", version "1".
interface IParticipants {
    /// @notice A party was enrolled, with its roles and territory for good. Its standing is told by `StandingChanged`.
    event PartyEnrolled(bytes32 indexed party, uint8 roles, bytes32 territory);
    /// @notice Others may deal with a party, or no longer.
    event StandingChanged(bytes32 indexed party, Standing standing);
    /// @notice The brand handed a code to a party; `invitation` is the address of the key that the code yields.
    /// @param ever How many keys the party had before, all of them silenced; if any, the key that comes waits for the notice.
    event DeviceInvited(bytes32 indexed party, address indexed invitation, uint32 ever);
    /// @notice A key speaks for a party from `since` on, in Unix seconds.
    /// @param by The invitation's address, the admitting device, or zero when the brand proposed it.
    event DeviceEnrolled(
        bytes32 indexed device, bytes32 indexed party, bytes signer, Way way, bytes32 by, uint64 since
    );
    /// @notice A key may never speak again, or, when its notice still ran, never speaks at all.
    /// @param by The revoking device, or zero when it was the brand.
    event DeviceRevoked(bytes32 indexed device, bytes32 indexed party, bytes32 by);

    /// @notice The party id is zero.
    error PartyMissing();
    /// @notice The roles are none, or hold a bit that means nothing.
    error RolesUnknown(uint8 roles);
    /// @notice The party is enrolled; its roles and territory are said once.
    error PartyKnown(bytes32 party);
    /// @notice The party is not enrolled.
    error PartyUnknown(bytes32 party);
    /// @notice The party already has this standing, or the standing is none.
    error StandingUnchanged(bytes32 party, Standing standing);
    /// @notice The signer is neither an address nor a verifier that exists followed by a key.
    error SignerMalformed(bytes signer);
    /// @notice The key was enrolled before; a key serves one party, once.
    error DeviceKnown(bytes32 device);
    /// @notice The key is not enrolled.
    error DeviceUnknown(bytes32 device);
    /// @notice The key was revoked before.
    error DeviceIsRevoked(bytes32 device);
    /// @notice The key's notice runs until `from`.
    error DeviceNotYet(bytes32 device, uint64 from);
    /// @notice The key is not one of this party's.
    error DeviceOfAnother(bytes32 device, bytes32 party);
    /// @notice The signature is not one of this device or invitation over what is asked for.
    error SignatureWrong(bytes32 by);
    /// @notice The party has no invitation that is open; each admits one key.
    error InvitationMissing(bytes32 party);
    /// @notice The key that a code yields cannot be a device: whoever made the code has it.
    error InvitationIsDevice(address invitation);
    /// @notice The party has keys: they admit others, no invitation does.
    error PartyHasDevices(bytes32 party, uint32 live);
    /// @notice The party never had a key: its first one comes by an invitation.
    error FirstByInvitation(bytes32 party);
    /// @notice The notice of another key of the party still runs; there is one at a time.
    error NoticeRunning(bytes32 party, bytes32 device);
    /// @notice A notice shorter than two days.
    error NoticeTooShort(uint64 notice);

    /// @notice Enrols a party as active, once. Nothing that whoever enrols can do takes a role or the territory away:
    /// a party is stopped by its standing alone.
    /// @param party sha256 of the party's GLN.
    /// @param roles Bits: 1 brand, 2 producer, 4 warehouse, 8 dealer, 16 store, 32 inspector.
    /// @param territory Hash that names where the party may sell.
    function enrolParty(bytes32 party, uint8 roles, bytes32 territory) external;

    /// @notice Suspends, revokes or re-activates a party.
    function setStanding(bytes32 party, Standing standing) external;

    /// @notice Opens an invitation for a party that has no key, in place of an earlier one that nobody redeemed.
    /// @param invitation Address of the key that the party's code yields.
    function invite(bytes32 party, address invitation) external;

    /// @notice Proposes a key to a party that had one before; it speaks when the notice has passed and nobody stopped it.
    /// @param possession The key's own signature over `Join(party, device, 0)`.
    function propose(bytes32 party, bytes calldata signer, bytes calldata possession) external;

    /// @notice Silences a key for ever, on the brand's word. It may still stop keys that come with notice.
    function revokeDevice(bytes calldata signer) external;

    /// @notice Redeems a party's invitation with its first key; anyone may relay.
    /// @param signer A 20-byte address, or an ERC-7913 `verifier ‖ key`.
    /// @param possession The key's own signature over `Join(party, device, invitation)`, EIP-712.
    /// @param signature The invitation's signature over the same.
    function redeem(bytes32 party, bytes calldata signer, bytes calldata possession, bytes calldata signature) external;

    /// @notice Admits a key by a device of the same party, at once; anyone may relay.
    /// @param possession The key's own signature over `Join(party, device, admitting device)`.
    /// @param signature The admitting device's signature over the same.
    function admit(
        bytes calldata signer,
        bytes calldata possession,
        bytes calldata admitting,
        bytes calldata signature
    ) external;

    /// @notice Silences a key for ever by a device of the same party, itself or another; anyone may relay.
    /// While the key's notice runs, a device that the brand silenced may do so too.
    /// @param signature The revoking device's signature over `Leave(party, device, revoking device)`.
    function revoke(bytes calldata signer, bytes calldata revoking, bytes calldata signature) external;

    /// @notice Seconds for which a key waits that no device of the party admitted.
    function NOTICE() external view returns (uint64);

    /// @notice The party as it stands; its number is 0 when it is not enrolled.
    function partyOf(bytes32 party) external view returns (Party memory);

    /// @notice Who speaks through the device `keccak256(signer)`; the number is 0 when it is not enrolled, or not yet.
    function actorOf(bytes32 device) external view returns (Actor memory);

    /// @notice The device `keccak256(signer)` as it stands; its party is zero when it is not enrolled.
    function keyOf(bytes32 device) external view returns (Key memory);

    /// @notice The invitation that is open for a party, or zero.
    function invitationOf(bytes32 party) external view returns (address);

    /// @notice The id of the party with this number, zero when there is none.
    function partyAt(uint32 number) external view returns (bytes32);
}
