// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {VM} from "../forge/Vm.sol";
// The library of contracts/lib with keccak256 in the place of sha256, as contracts/scripts/prove.py writes it: of keccak256
// alone halmos assumes that no two inputs meet, which is all that the proofs need of a hash.
import {Rfc6962} from "build/halmos/Rfc6962.sol";

/// Proofs by halmos that what is accepted is true, for every tree of up to LARGEST leaves, every older size of it, every
/// leaf hash, every old root and every proof of every length up to one more than is ever right.
contract Rfc6962Proofs {
    uint64 private constant LARGEST = 16;
    uint256 private constant LONGEST = 6;

    /// An accepted consistency proof means that the old root is that of the first leaves of the new tree: nothing of it was
    /// rewritten, removed or put elsewhere.
    function check_whatExtendsBeginsWithTheOldTree(
        bytes32[16] memory leaves,
        bytes32[6] memory hashes,
        bytes32 oldRoot,
        uint64 oldSize,
        uint64 size,
        uint256 length
    ) external view {
        (oldSize, size, length) = (_oneOf(oldSize, LARGEST), _oneOf(size, LARGEST), _oneOf(length, LONGEST));
        if (size == 0) return;
        bytes32 root = _root(leaves, 0, size);
        if (!this.extendsTree(oldSize, oldRoot, size, root, _proof(hashes, length))) return;
        assert(oldSize != 0 && oldSize <= size);
        assert(oldRoot == _root(leaves, 0, oldSize));
    }

    /// An accepted inclusion proof means that the leaf stands there.
    function check_whatIsIncludedStandsThere(
        bytes32[16] memory leaves,
        bytes32[6] memory hashes,
        bytes32 leaf,
        uint64 index,
        uint64 size,
        uint256 length
    ) external view {
        (index, size, length) = (_oneOf(index, LARGEST), _oneOf(size, LARGEST), _oneOf(length, LONGEST));
        if (size == 0) return;
        bytes32 root = _root(leaves, 0, size);
        if (!this.includesLeaf(leaf, index, size, root, _proof(hashes, length))) return;
        assert(index < size);
        assert(leaf == leaves[index]);
    }

    function extendsTree(uint64 oldSize, bytes32 oldRoot, uint64 size, bytes32 root, bytes32[] calldata proof)
        external
        pure
        returns (bool)
    {
        return Rfc6962.extends(oldSize, oldRoot, size, root, proof);
    }

    function includesLeaf(bytes32 leaf, uint64 index, uint64 size, bytes32 root, bytes32[] calldata proof)
        external
        pure
        returns (bool)
    {
        return Rfc6962.includes(leaf, index, size, root, proof);
    }

    /// The number itself, as one constant on each path. Larger ones end here: they are not claimed.
    function _oneOf(uint256 number, uint256 largest) private pure returns (uint64) {
        for (uint64 i = 0; i <= largest; ++i) {
            if (number == i) return i;
        }
        VM.assume(false);
        return 0;
    }

    function _proof(bytes32[6] memory hashes, uint256 length) private pure returns (bytes32[] memory proof) {
        proof = new bytes32[](length);
        for (uint256 i = 0; i < length; ++i) {
            proof[i] = hashes[i];
        }
    }

    /// RFC 6962 section 2.1, over leaves[from .. from + size).
    function _root(bytes32[16] memory leaves, uint64 from, uint64 size) private pure returns (bytes32) {
        if (size == 1) return leaves[from];
        uint64 split = 1;
        while (split * 2 < size) split *= 2;
        return Rfc6962.nodeHash(_root(leaves, from, split), _root(leaves, from + split, size - split));
    }
}
