// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IEvidenceLog} from "./interfaces/IEvidenceLog.sol";
import {Rfc6962} from "./lib/Rfc6962.sol";

/// @title The heads of IEvidenceLog.
contract EvidenceLog is IEvidenceLog, AccessManaged {
    struct Head {
        bytes32 root;
        uint64 size;
        uint64 time;
    }

    mapping(bytes32 log => Head) private _heads;

    constructor(address manager) AccessManaged(manager) {}

    /// @inheritdoc IEvidenceLog
    function append(bytes32 log, uint64 size, bytes32 root, bytes32[] calldata consistency) external restricted {
        Head storage last = _heads[log];
        uint64 accepted = last.size;
        if (size <= accepted) revert HeadNotLarger(log, accepted, size);
        bool consistent = accepted == 0
            ? consistency.length == 0
            : Rfc6962.extends(accepted, last.root, size, root, consistency);
        if (!consistent) revert HeadNotConsistent(log, accepted, size);
        uint64 time = uint64(block.timestamp);
        _heads[log] = Head({root: root, size: size, time: time});
        emit HeadAccepted(log, size, root, time);
    }

    /// @inheritdoc IEvidenceLog
    function head(bytes32 log) external view returns (uint64 size, bytes32 root, uint64 time) {
        Head storage last = _heads[log];
        return (last.size, last.root, last.time);
    }

    /// @inheritdoc IEvidenceLog
    function includes(bytes32 leafHash, uint64 index, uint64 size, bytes32 root, bytes32[] calldata proof)
        external
        pure
        returns (bool)
    {
        return Rfc6962.includes(leafHash, index, size, root, proof);
    }
}
