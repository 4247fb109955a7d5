// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

// Brings OpenZeppelin's AccessManager among our exports: it is deployed as it is.
// solhint-disable-next-line no-unused-import
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
