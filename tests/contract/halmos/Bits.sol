// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// Conditions as numbers. Solidity branches at `&&`, `||` and `?:`, and each branch doubles the paths of a proof.
library Bits {
    function number(bool condition) internal pure returns (uint256 result) {
        assembly ("memory-safe") {
            result := condition
        }
    }

    function any(bool one, bool two) internal pure returns (bool result) {
        assembly ("memory-safe") {
            result := or(one, two)
        }
    }

    /// `value`, or 0 when excused.
    function unless(bool excused, uint256 value) internal pure returns (uint256 result) {
        assembly ("memory-safe") {
            result := and(value, sub(excused, 1))
        }
    }
}
