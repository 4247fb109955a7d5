// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Heads of append-only logs of evidence (RFC 6962 trees over SHA-256).
/// @notice A head is accepted only with a proof that it adds to the one before it: nothing can be rewritten.
interface IEvidenceLog {
    /// @notice A log has grown. `time` is the block's.
    event HeadAccepted(bytes32 indexed log, uint64 size, bytes32 root, uint64 time);

    /// @notice A head must be larger than the last one; the same head twice is refused.
    error HeadNotLarger(bytes32 log, uint64 accepted, uint64 offered);
    /// @notice The proof does not show that the offered head extends the last one.
    error HeadNotConsistent(bytes32 log, uint64 accepted, uint64 offered);

    /// @notice Accepts the next head of a log.
    /// @param log Name of the log.
    /// @param size Number of leaves.
    /// @param root Root over them.
    /// @param consistency RFC 6962 proof from the last head; empty for the first head, which may be any.
    function append(bytes32 log, uint64 size, bytes32 root, bytes32[] calldata consistency) external;

    /// @notice The last head; all zero when the log is empty.
    function head(bytes32 log) external view returns (uint64 size, bytes32 root, uint64 time);

    /// @notice Whether a leaf stands in the tree of this size and root. Says nothing about the head being accepted.
    function includes(bytes32 leafHash, uint64 index, uint64 size, bytes32 root, bytes32[] calldata proof)
        external
        view
        returns (bool);
}
