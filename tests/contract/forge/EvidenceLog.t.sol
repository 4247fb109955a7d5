// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {EvidenceLog} from "../../../contracts/EvidenceLog.sol";
import {IEvidenceLog} from "../../../contracts/interfaces/IEvidenceLog.sol";
import {Rfc6962} from "../../../contracts/lib/Rfc6962.sol";
import {VM} from "./Vm.sol";

/// Trees as RFC 6962 section 2.1 writes them, against proofs as RFC 9162 checks them.
contract EvidenceLogTest {
    bytes32 private constant LOG = "log";
    EvidenceLog private _log;

    function setUp() external {
        AccessManager manager = new AccessManager(address(this));
        _log = new EvidenceLog(address(manager));
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IEvidenceLog.append.selector;
        manager.setTargetFunctionRole(address(_log), selectors, 1);
        manager.grantRole(1, address(this), 0);
    }

    function testFuzz_aLogThatOnlyGrowsIsAccepted(uint8 first, uint8 second, bytes32 seed) external {
        (uint64 old, uint64 size) = _sizes(first, second);
        bytes32[] memory leaves = _leaves(size, seed);
        _log.append(LOG, old, _root(leaves, 0, old), new bytes32[](0));
        _log.append(LOG, size, _root(leaves, 0, size), _consistency(old, leaves, 0, size, true));
        (uint64 accepted, bytes32 root,) = _log.head(LOG);
        require(accepted == size && root == _root(leaves, 0, size), "head is another");
    }

    function testFuzz_aLogWithOneLeafRewrittenIsRefused(uint8 first, uint8 second, uint8 which, bytes32 seed) external {
        (uint64 old, uint64 size) = _sizes(first, second);
        bytes32[] memory leaves = _leaves(size, seed);
        _log.append(LOG, old, _root(leaves, 0, old), new bytes32[](0));
        leaves[which % old] = keccak256("forged");
        bytes32 root = _root(leaves, 0, size);
        bytes32[] memory proof = _consistency(old, leaves, 0, size, true);
        VM.expectPartialRevert(IEvidenceLog.HeadNotConsistent.selector);
        _log.append(LOG, size, root, proof);
    }

    function testFuzz_aProofWithOneHashChangedIsRefused(uint8 first, uint8 second, uint8 which, bytes32 seed) external {
        (uint64 old, uint64 size) = _sizes(first, second);
        bytes32[] memory leaves = _leaves(size, seed);
        bytes32[] memory proof = _consistency(old, leaves, 0, size, true);
        bytes32 root = _root(leaves, 0, size);
        _log.append(LOG, old, _root(leaves, 0, old), new bytes32[](0));
        proof[which % proof.length] ^= bytes32(uint256(1));
        VM.expectPartialRevert(IEvidenceLog.HeadNotConsistent.selector);
        _log.append(LOG, size, root, proof);
    }

    function testFuzz_noProofMakesALogShrink(uint64 size, uint64 smaller, bytes32 root, bytes32[] calldata proof)
        external
    {
        VM.assume(size > 0);
        _log.append(LOG, size, root, new bytes32[](0));
        VM.expectPartialRevert(IEvidenceLog.HeadNotLarger.selector);
        _log.append(LOG, smaller % size, root, proof);
    }

    function testFuzz_noRandomProofForksALog(uint64 old, uint64 size, bytes32 root, bytes32[] calldata proof) external {
        VM.assume(old > 0 && size > old);
        _log.append(LOG, old, "some root", new bytes32[](0));
        VM.expectPartialRevert(IEvidenceLog.HeadNotConsistent.selector);
        _log.append(LOG, size, root, proof);
    }

    function testFuzz_aLeafIsIncludedWhereItStandsAndNowhereElse(uint8 count, uint8 which, uint8 other, bytes32 seed)
        external
        view
    {
        uint64 size = uint64(count % 64) + 1;
        uint64 index = which % size;
        bytes32[] memory leaves = _leaves(size, seed);
        bytes32 root = _root(leaves, 0, size);
        bytes32[] memory proof = _path(index, leaves, 0, size);
        require(_log.includes(leaves[index], index, size, root, proof), "a leaf is missing");
        uint64 elsewhere = other % size;
        if (elsewhere != index) {
            require(!_log.includes(leaves[index], elsewhere, size, root, proof), "a leaf is elsewhere too");
        }
        require(!_log.includes(root, index, size, root, proof) || size == 1, "the root is a leaf");
    }

    // RFC 6962 section 2.1, over leaves[from .. from + size)

    function _sizes(uint8 first, uint8 second) private pure returns (uint64 old, uint64 size) {
        old = uint64(first % 40) + 1;
        size = old + uint64(second % 40) + 1;
    }

    function _leaves(uint64 size, bytes32 seed) private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) {
            leaves[i] = Rfc6962.leafHash(abi.encode(seed, i));
        }
    }

    function _split(uint64 size) private pure returns (uint64 power) {
        power = 1;
        while (power * 2 < size) power *= 2;
    }

    function _root(bytes32[] memory leaves, uint64 from, uint64 size) private pure returns (bytes32) {
        if (size == 1) return leaves[from];
        uint64 split = _split(size);
        return Rfc6962.nodeHash(_root(leaves, from, split), _root(leaves, from + split, size - split));
    }

    function _path(uint64 index, bytes32[] memory leaves, uint64 from, uint64 size)
        private
        pure
        returns (bytes32[] memory)
    {
        if (size == 1) return new bytes32[](0);
        uint64 split = _split(size);
        if (index < split) {
            return _with(_path(index, leaves, from, split), _root(leaves, from + split, size - split));
        }
        return _with(_path(index - split, leaves, from + split, size - split), _root(leaves, from, split));
    }

    function _consistency(uint64 old, bytes32[] memory leaves, uint64 from, uint64 size, bool whole)
        private
        pure
        returns (bytes32[] memory)
    {
        if (old == size) {
            return whole ? new bytes32[](0) : _with(new bytes32[](0), _root(leaves, from, size));
        }
        uint64 split = _split(size);
        if (old <= split) {
            return _with(
                _consistency(old, leaves, from, split, whole), _root(leaves, from + split, size - split)
            );
        }
        return _with(
            _consistency(old - split, leaves, from + split, size - split, false), _root(leaves, from, split)
        );
    }

    function _with(bytes32[] memory hashes, bytes32 last) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](hashes.length + 1);
        for (uint256 i = 0; i < hashes.length; ++i) {
            longer[i] = hashes[i];
        }
        longer[hashes.length] = last;
    }
}
