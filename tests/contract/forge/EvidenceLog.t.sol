// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {EvidenceLog} from "../../../contracts/EvidenceLog.sol";
import {IEvidenceLog} from "../../../contracts/interfaces/IEvidenceLog.sol";
import {Rfc6962} from "../../../contracts/lib/Rfc6962.sol";
import {Trees} from "./Trees.sol";
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
        bytes32[] memory leaves = Trees.leaves(size, seed);
        _log.append(LOG, old, Trees.root(leaves, 0, old), new bytes32[](0));
        _log.append(LOG, size, Trees.root(leaves, 0, size), Trees.consistency(old, leaves, 0, size, true));
        (uint64 accepted, bytes32 root,) = _log.head(LOG);
        require(accepted == size && root == Trees.root(leaves, 0, size), "head is another");
    }

    function testFuzz_aLogWithOneLeafRewrittenIsRefused(uint8 first, uint8 second, uint8 which, bytes32 seed) external {
        (uint64 old, uint64 size) = _sizes(first, second);
        bytes32[] memory leaves = Trees.leaves(size, seed);
        _log.append(LOG, old, Trees.root(leaves, 0, old), new bytes32[](0));
        leaves[which % old] = keccak256("forged");
        bytes32 root = Trees.root(leaves, 0, size);
        bytes32[] memory proof = Trees.consistency(old, leaves, 0, size, true);
        VM.expectPartialRevert(IEvidenceLog.HeadNotConsistent.selector);
        _log.append(LOG, size, root, proof);
    }

    function testFuzz_aProofWithOneHashChangedIsRefused(uint8 first, uint8 second, uint8 which, bytes32 seed) external {
        (uint64 old, uint64 size) = _sizes(first, second);
        bytes32[] memory leaves = Trees.leaves(size, seed);
        bytes32[] memory proof = Trees.consistency(old, leaves, 0, size, true);
        bytes32 root = Trees.root(leaves, 0, size);
        _log.append(LOG, old, Trees.root(leaves, 0, old), new bytes32[](0));
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
        bytes32[] memory leaves = Trees.leaves(size, seed);
        bytes32 root = Trees.root(leaves, 0, size);
        bytes32[] memory proof = Trees.path(index, leaves, 0, size);
        require(_log.includes(leaves[index], index, size, root, proof), "a leaf is missing");
        uint64 elsewhere = other % size;
        if (elsewhere != index) {
            require(!_log.includes(leaves[index], elsewhere, size, root, proof), "a leaf is elsewhere too");
        }
        require(!_log.includes(root, index, size, root, proof) || size == 1, "the root is a leaf");
    }

    function test_aProofOfTheWrongLengthShowsNothing() external {
        bytes32[] memory leaves = Trees.leaves(7, "seed");
        bytes32 root = Trees.root(leaves, 0, 7);
        bytes32[] memory proof = Trees.path(3, leaves, 0, 7);
        require(!_log.includes(leaves[3], 3, 7, root, Trees.with(proof, root)), "a proof too long");
        require(!_log.includes(leaves[3], 7, 7, root, proof), "beyond the last leaf");
        _log.append(LOG, 3, Trees.root(leaves, 0, 3), new bytes32[](0));
        bytes32[] memory consistency = Trees.consistency(3, leaves, 0, 7, true);
        VM.expectPartialRevert(IEvidenceLog.HeadNotConsistent.selector);
        _log.append(LOG, 7, root, Trees.with(consistency, root));
        VM.expectPartialRevert(IEvidenceLog.HeadNotConsistent.selector);
        _log.append(LOG, 7, root, new bytes32[](0));
        _log.append(LOG, 7, root, consistency);
    }

    function test_ofEqualTreesNothingIsToBeShownAndOfAnEmptyOneNothingCan() external view {
        bytes32[] memory none = new bytes32[](0);
        require(this.extends(3, "root", 3, "root", none), "not itself");
        require(!this.extends(3, "root", 3, "another", none), "another root");
        require(!this.extends(3, "root", 3, "root", Trees.with(none, "needless")), "a proof too long");
        require(!this.extends(0, "root", 3, "root", none), "from nothing");
        require(!this.extends(4, "root", 3, "root", none), "shrunk");
    }

    function extends(uint64 oldSize, bytes32 oldRoot, uint64 size, bytes32 root, bytes32[] calldata proof)
        external
        pure
        returns (bool)
    {
        return Rfc6962.extends(oldSize, oldRoot, size, root, proof);
    }

    function _sizes(uint8 first, uint8 second) private pure returns (uint64 old, uint64 size) {
        old = uint64(first % 40) + 1;
        size = old + uint64(second % 40) + 1;
    }
}
