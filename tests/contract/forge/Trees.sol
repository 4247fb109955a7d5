// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Rfc6962} from "../../../contracts/lib/Rfc6962.sol";

/// Trees, paths and proofs as RFC 6962 section 2.1 writes them, to hold against how the library checks them. Each is over
/// `all[from .. from + size)`.
library Trees {
    function leaves(uint64 size, bytes32 seed) internal pure returns (bytes32[] memory all) {
        all = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) {
            all[i] = Rfc6962.leafHash(abi.encode(seed, i));
        }
    }

    function root(bytes32[] memory all, uint64 from, uint64 size) internal pure returns (bytes32) {
        if (size == 1) return all[from];
        uint64 half = _split(size);
        return Rfc6962.nodeHash(root(all, from, half), root(all, from + half, size - half));
    }

    function path(uint64 index, bytes32[] memory all, uint64 from, uint64 size) internal pure returns (bytes32[] memory) {
        if (size == 1) return new bytes32[](0);
        uint64 half = _split(size);
        if (index < half) return with(path(index, all, from, half), root(all, from + half, size - half));
        return with(path(index - half, all, from + half, size - half), root(all, from, half));
    }

    /// `whole` as long as the old tree is the whole of what is looked at, so that its root is known.
    function consistency(uint64 old, bytes32[] memory all, uint64 from, uint64 size, bool whole)
        internal
        pure
        returns (bytes32[] memory)
    {
        if (old == size) return whole ? new bytes32[](0) : with(new bytes32[](0), root(all, from, size));
        uint64 half = _split(size);
        if (old <= half) return with(consistency(old, all, from, half, whole), root(all, from + half, size - half));
        return with(consistency(old - half, all, from + half, size - half, false), root(all, from, half));
    }

    function with(bytes32[] memory hashes, bytes32 last) internal pure returns (bytes32[] memory longer) {
        longer = new bytes32[](hashes.length + 1);
        for (uint256 i = 0; i < hashes.length; ++i) {
            longer[i] = hashes[i];
        }
        longer[hashes.length] = last;
    }

    function _split(uint64 size) private pure returns (uint64 power) {
        power = 1;
        while (power * 2 < size) power *= 2;
    }
}
