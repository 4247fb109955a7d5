// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// The few cheat codes that our tests need.
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function signP256(uint256 key, bytes32 digest) external pure returns (bytes32 r, bytes32 s);
    function publicKeyP256(uint256 key) external pure returns (uint256 x, uint256 y);
    function addr(uint256 key) external pure returns (address);
    function warp(uint256 time) external;
    function assume(bool condition) external pure;
    function expectPartialRevert(bytes4 selector) external;
    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory logs);
}

Vm constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
