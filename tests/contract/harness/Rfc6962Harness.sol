// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Rfc6962} from "../../../contracts/lib/Rfc6962.sol";

/// Lets tests ask the library directly.
contract Rfc6962Harness {
    function includes(bytes32 leaf, uint64 index, uint64 size, bytes32 root, bytes32[] calldata proof)
        external
        pure
        returns (bool)
    {
        return Rfc6962.includes(leaf, index, size, root, proof);
    }

    function extends(uint64 oldSize, bytes32 oldRoot, uint64 size, bytes32 root, bytes32[] calldata proof)
        external
        pure
        returns (bool)
    {
        return Rfc6962.extends(oldSize, oldRoot, size, root, proof);
    }
}
