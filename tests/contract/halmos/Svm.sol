// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// The cheat code of halmos that our proofs need: from here on, whatever is stored may be anything.
interface Svm {
    function enableSymbolicStorage(address account) external;
}

Svm constant SVM = Svm(address(uint160(uint256(keccak256("svm cheat code")))));
