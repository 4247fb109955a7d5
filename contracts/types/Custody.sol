// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// Where the units of a batch are: always born = held + inTransit + sold + lost + consumed.
struct Totals {
    uint128 born;
    uint128 held;
    uint128 inTransit;
    uint128 sold;
    uint128 lost;
    uint128 consumed;
}

/// A shipment under way: `open` is what is neither received, returned nor written off.
struct Consignment {
    bytes32 batch;
    bytes32 sender;
    bytes32 addressee;
    uint128 open;
}

/// What a record counts for. A declaration voids another record, and is not voided itself.
enum Validity {
    Stands,
    Voided,
    Declaration
}
