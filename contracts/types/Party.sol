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

/// The party that speaks through a device, as it stands now. `number` 0 means that the device is not enrolled.
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
