// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Actor, Party, Standing} from "../types/Party.sol";

/// @title Who takes part, what they may do, and with which keys they speak.
/// @notice Enrolment and sanction are two access roles, meant for two people; a sanction may carry a delay.
interface IParticipants {
    /// @notice A party was enrolled, or its roles or territory were changed. Its standing is told by `StandingChanged`.
    event PartyEnrolled(bytes32 indexed party, uint8 roles, bytes32 territory);
    /// @notice Others may deal with a party, or no longer.
    event StandingChanged(bytes32 indexed party, Standing standing);
    /// @notice A key may speak for a party from now on.
    event DeviceEnrolled(bytes32 indexed device, bytes32 indexed party, bytes signer);
    /// @notice A key may never speak again.
    event DeviceRevoked(bytes32 indexed device, bytes32 indexed party);

    /// @notice The party id is zero.
    error PartyMissing();
    /// @notice The roles are none, or hold a bit that means nothing.
    error RolesUnknown(uint8 roles);
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

    /// @notice Enrols a party as active, or changes roles and territory of an enrolled one, whose standing stays.
    /// @param party sha256 of the party's GLN.
    /// @param roles Bits: 1 brand, 2 producer, 4 warehouse, 8 dealer, 16 store, 32 inspector.
    /// @param territory Hash that names where the party may sell.
    function enrolParty(bytes32 party, uint8 roles, bytes32 territory) external;

    /// @notice Suspends, revokes or re-activates a party.
    function setStanding(bytes32 party, Standing standing) external;

    /// @notice Lets a key speak for a party.
    /// @param signer A 20-byte address, or an ERC-7913 `verifier ‖ key`.
    function enrolDevice(bytes32 party, bytes calldata signer) external;

    /// @notice Silences a key for ever.
    function revokeDevice(bytes calldata signer) external;

    /// @notice The party as it stands; its number is 0 when it is not enrolled.
    function partyOf(bytes32 party) external view returns (Party memory);

    /// @notice Who speaks through the device `keccak256(signer)`; the number is 0 when it is not enrolled.
    function actorOf(bytes32 device) external view returns (Actor memory);

    /// @notice The id of the party with this number, zero when there is none.
    function partyAt(uint32 number) external view returns (bytes32);
}
