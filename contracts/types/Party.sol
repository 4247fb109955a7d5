// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// Whether others may deal with a party.
enum Standing {
    None,
    Active,
    Suspended,
    Revoked
}

/// A company. `number` counts enrolments from 1, so that a book can name a party in four bytes; 0 means not enrolled.
struct Party {
    uint32 number;
    uint8 roles;
    Standing standing;
    bytes32 territory;
}

/// How a key came to a party: by the code that its first device was given, by another device of the party, or by the
/// brand's proposal.
enum Way {
    None,
    Invitation,
    Admission,
    Proposal
}

/// Whether a key may speak, and who silenced it. One that the brand silenced may still stop keys whose notice runs.
enum Silence {
    None,
    ByBrand,
    ByParty
}

/// A key as it stands: whose, from which second of the chain's time it speaks, how it came, and whether it is silenced.
struct Key {
    bytes32 party;
    uint64 from;
    Way way;
    Silence silence;
}

/// The party that speaks through a device, as it stands now. `number` 0 means that the device is not enrolled, or that
/// its notice still runs.
struct Actor {
    bytes32 party;
    uint32 number;
    uint8 roles;
    Standing standing;
    bool revoked;
}

/// @dev The bits of a party's roles.
library Roles {
    uint8 internal constant BRAND = 1;
    uint8 internal constant PRODUCER = 2;
    uint8 internal constant WAREHOUSE = 4;
    uint8 internal constant DEALER = 8;
    uint8 internal constant STORE = 16;
    uint8 internal constant INSPECTOR = 32;

    /// @dev Those who make: a recalled batch may only move back to one of them.
    uint8 internal constant MAKERS = BRAND | PRODUCER;
    /// @dev Those who may hold stock.
    uint8 internal constant HOLDERS = BRAND | PRODUCER | WAREHOUSE | DEALER | STORE;
    uint8 internal constant SELLERS = DEALER | STORE;
    uint8 internal constant INSPECTORS = BRAND | PRODUCER | WAREHOUSE | INSPECTOR;
    uint8 internal constant ALL = 63;
}
