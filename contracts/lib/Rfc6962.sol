// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev Proofs of RFC 6962 trees over SHA-256, checked as RFC 9162 sections 2.1.3.2 and 2.1.4.2 say.
library Rfc6962 {
    function leafHash(bytes memory data) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x00), data));
    }

    function nodeHash(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x01), left, right));
    }

    /// @dev Whether `leaf` stands at `index` in the tree of `size` leaves under `root`.
    function includes(bytes32 leaf, uint64 index, uint64 size, bytes32 root, bytes32[] calldata proof)
        internal
        pure
        returns (bool)
    {
        if (index >= size) return false;
        uint64 node = index;
        uint64 last = size - 1;
        bytes32 computed = leaf;
        for (uint256 i = 0; i < proof.length; ++i) {
            if (last == 0) return false;
            if (node & 1 == 1 || node == last) {
                computed = nodeHash(proof[i], computed);
                (node, last) = _climb(node, last);
            } else {
                computed = nodeHash(computed, proof[i]);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && computed == root;
    }

    /// @dev Whether the tree (`size`, `root`) only adds leaves to (`oldSize`, `oldRoot`). Of an empty old tree
    /// nothing can be shown, so the answer is no.
    function extends(uint64 oldSize, bytes32 oldRoot, uint64 size, bytes32 root, bytes32[] calldata proof)
        internal
        pure
        returns (bool)
    {
        if (oldSize == size) return proof.length == 0 && oldRoot == root;
        if (oldSize == 0 || oldSize > size) return false;
        // An old tree that is a complete subtree of the new one is its own first node, so the proof leaves it out.
        bool complete = oldSize & (oldSize - 1) == 0;
        if (!complete && proof.length == 0) return false;
        uint64 node = oldSize - 1;
        uint64 last = size - 1;
        while (node & 1 == 1) {
            node >>= 1;
            last >>= 1;
        }
        bytes32 oldComputed = complete ? oldRoot : proof[0];
        bytes32 computed = oldComputed;
        for (uint256 i = complete ? 0 : 1; i < proof.length; ++i) {
            if (last == 0) return false;
            if (node & 1 == 1 || node == last) {
                oldComputed = nodeHash(proof[i], oldComputed);
                computed = nodeHash(proof[i], computed);
                (node, last) = _climb(node, last);
            } else {
                computed = nodeHash(computed, proof[i]);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && oldComputed == oldRoot && computed == root;
    }

    /// @dev Skips the levels at which a right-most node has no sibling.
    function _climb(uint64 node, uint64 last) private pure returns (uint64, uint64) {
        while (node & 1 == 0 && node != 0) {
            node >>= 1;
            last >>= 1;
        }
        return (node, last);
    }
}
