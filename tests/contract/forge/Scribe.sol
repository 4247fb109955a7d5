// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {EvidenceLog} from "../../../contracts/EvidenceLog.sol";
import {IEvidenceLog} from "../../../contracts/interfaces/IEvidenceLog.sol";
import {Trees} from "./Trees.sol";

/// Writes a log, and tries to rewrite, shorten and fork it; what was accepted first is what there must be.
contract Scribe {
    bytes32 public constant NAME = "log";
    uint64 private constant LARGEST = 48;

    EvidenceLog public immutable LOG;
    bytes32[] private _leaves;
    uint64 public size;
    uint256 public attempts;

    constructor() {
        AccessManager manager = new AccessManager(address(this));
        LOG = new EvidenceLog(address(manager));
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IEvidenceLog.append.selector;
        manager.setTargetFunctionRole(address(LOG), selectors, 1);
        manager.grantRole(1, address(this), 0);
        _leaves = Trees.leaves(LARGEST, "the log");
    }

    function grow(uint64 by) external {
        uint64 larger = size + 1 + by % 5;
        if (larger > LARGEST) return;
        require(_append(_leaves, larger), "an honest head was refused");
        size = larger;
    }

    function rewrite(uint64 which, bytes32 forged, uint64 by) external {
        uint64 larger = size + 1 + by % 5;
        if (size == 0 || larger > LARGEST) return;
        bytes32[] memory leaves = _leaves;
        leaves[which % size] = forged;
        require(!_append(leaves, larger), "the log was rewritten");
    }

    /// A fork takes the leaves of another log after some that are common.
    function fork(uint64 common, uint64 by) external {
        uint64 larger = size + 1 + by % 5;
        if (size < 2 || larger > LARGEST) return;
        bytes32[] memory leaves = Trees.leaves(LARGEST, "another log");
        for (uint64 i = 0; i < common % size; ++i) {
            leaves[i] = _leaves[i];
        }
        require(!_append(leaves, larger), "the log was forked");
    }

    function shrink(uint64 to) external {
        if (size == 0) return;
        require(!_append(_leaves, to % size + 1), "the log shrank");
    }

    /// A true head needs its proof as well.
    function claim(uint64 by) external {
        uint64 larger = size + 1 + by % 5;
        if (size == 0 || larger > LARGEST) return;
        require(!_try(larger, Trees.root(_leaves, 0, larger), new bytes32[](0)), "a head was taken on trust");
    }

    function say(uint64 anySize, bytes32 root, bytes32[] calldata proof) external {
        if (size == 0) return;
        require(!_try(anySize, root, proof), "anything is accepted");
    }

    function expectedRoot() external view returns (bytes32) {
        return size == 0 ? bytes32(0) : Trees.root(_leaves, 0, size);
    }

    function _append(bytes32[] memory leaves, uint64 to) private returns (bool) {
        bytes32[] memory proof = new bytes32[](0);
        if (size != 0 && to > size) proof = Trees.consistency(size, leaves, 0, to, true);
        return _try(to, Trees.root(leaves, 0, to), proof);
    }

    function _try(uint64 to, bytes32 root, bytes32[] memory proof) private returns (bool) {
        ++attempts;
        try LOG.append(NAME, to, root, proof) {
            return true;
        } catch {
            return false;
        }
    }
}
