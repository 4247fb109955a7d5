// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Step} from "../types/Capture.sol";
import {Roles} from "../types/Party.sol";

/// @dev Who may say what.
library Steps {
    /// @dev The roles of which one is enough to take the step; none for `Step.None`.
    function allowedTo(Step step) internal pure returns (uint8) {
        if (step == Step.None) return 0;
        if (step < Step.Inspect || step == Step.Commission) return Roles.MAKERS;
        if (step == Step.Inspect) return Roles.INSPECTORS;
        if (step == Step.Sell) return Roles.SELLERS;
        if (step == Step.Recall || step == Step.Lift) return Roles.BRAND;
        return Roles.HOLDERS;
    }

    /// @dev Whether the step uses up inputs to bear its batch.
    function consumes(Step step) internal pure returns (bool) {
        return step == Step.Ferment || step == Step.Distil || step == Step.Blend || step == Step.Bottle;
    }

    /// @dev Whether the step bears its batch.
    function bears(Step step) internal pure returns (bool) {
        return step == Step.Harvest || consumes(step);
    }
}
