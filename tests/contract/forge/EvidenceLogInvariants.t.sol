// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Scribe} from "./Scribe.sol";

/// What holds of a log after any sequence of attempts.
contract EvidenceLogInvariants {
    Scribe private _scribe;

    function setUp() external {
        _scribe = new Scribe();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_scribe);
    }

    function invariant_aLogNeitherShrinksNorForks() external view {
        (uint64 size, bytes32 root,) = _scribe.LOG().head(_scribe.NAME());
        require(size == _scribe.size() && root == _scribe.expectedRoot(), "the log is another");
    }

    function afterInvariant() external view {
        require(_scribe.attempts() > 3 && _scribe.size() > 0, "nothing was tried");
    }
}
