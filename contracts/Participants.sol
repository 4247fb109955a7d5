// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IParticipants} from "./interfaces/IParticipants.sol";
import {Actor, Party, Roles, Standing} from "./types/Party.sol";

/// @title The register of IParticipants.
contract Participants is IParticipants, AccessManaged {
    struct Device {
        uint32 party;
        bool revoked;
    }

    uint32 private _count;
    mapping(bytes32 party => Party) private _parties;
    mapping(uint32 number => bytes32 party) private _ids;
    mapping(bytes32 device => Device) private _devices;

    constructor(address manager) AccessManaged(manager) {}

    /// @inheritdoc IParticipants
    function enrolParty(bytes32 party, uint8 roles, bytes32 territory) external restricted {
        if (party == 0) revert PartyMissing();
        if (roles == 0 || roles > Roles.ALL) revert RolesUnknown(roles);
        Party storage entry = _parties[party];
        bool first = entry.number == 0;
        if (first) {
            entry.number = ++_count;
            entry.standing = Standing.Active;
            _ids[entry.number] = party;
        }
        entry.roles = roles;
        entry.territory = territory;
        emit PartyEnrolled(party, roles, territory);
        if (first) emit StandingChanged(party, Standing.Active);
    }

    /// @inheritdoc IParticipants
    function setStanding(bytes32 party, Standing standing) external restricted {
        Party storage entry = _parties[party];
        if (entry.number == 0) revert PartyUnknown(party);
        if (standing == Standing.None || standing == entry.standing) revert StandingUnchanged(party, standing);
        entry.standing = standing;
        emit StandingChanged(party, standing);
    }

    /// @inheritdoc IParticipants
    function enrolDevice(bytes32 party, bytes calldata signer) external restricted {
        uint32 number = _parties[party].number;
        if (number == 0) revert PartyUnknown(party);
        if (signer.length < 20 || (signer.length > 20 && address(bytes20(signer)).code.length == 0)) {
            revert SignerMalformed(signer);
        }
        bytes32 device = keccak256(signer);
        if (_devices[device].party != 0) revert DeviceKnown(device);
        _devices[device].party = number;
        emit DeviceEnrolled(device, party, signer);
    }

    /// @inheritdoc IParticipants
    function revokeDevice(bytes calldata signer) external restricted {
        bytes32 device = keccak256(signer);
        Device storage entry = _devices[device];
        if (entry.party == 0) revert DeviceUnknown(device);
        if (entry.revoked) revert DeviceIsRevoked(device);
        entry.revoked = true;
        emit DeviceRevoked(device, _ids[entry.party]);
    }

    /// @inheritdoc IParticipants
    function partyOf(bytes32 party) external view returns (Party memory) {
        return _parties[party];
    }

    /// @inheritdoc IParticipants
    function actorOf(bytes32 device) external view returns (Actor memory actor) {
        Device storage entry = _devices[device];
        actor.number = entry.party;
        actor.revoked = entry.revoked;
        actor.party = _ids[actor.number];
        Party storage party = _parties[actor.party];
        actor.roles = party.roles;
        actor.standing = party.standing;
    }

    /// @inheritdoc IParticipants
    function partyAt(uint32 number) external view returns (bytes32) {
        return _ids[number];
    }
}
