// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Participants} from "../../../contracts/Participants.sol";
import {VM} from "./Vm.sol";

/// How keys join a party and leave it; every key here is a number that signs as its address.
library Keys {
    uint256 internal constant INVITATION = uint256(keccak256("invitation")) >> 8;
    bytes32 private constant JOIN = keccak256("Join(bytes32 party,bytes32 device,bytes32 by)");
    bytes32 private constant LEAVE = keccak256("Leave(bytes32 party,bytes32 device,bytes32 by)");

    function signer(uint256 key) internal pure returns (bytes memory) {
        return abi.encodePacked(VM.addr(key));
    }

    function device(uint256 key) internal pure returns (bytes32) {
        return keccak256(signer(key));
    }

    /// Enrols a party's first key, as everybody's is.
    function first(Participants participants, bytes32 party, uint256 key) internal {
        participants.invite(party, VM.addr(INVITATION));
        redeem(participants, party, key, INVITATION);
    }

    function redeem(Participants participants, bytes32 party, uint256 key, uint256 invitation) internal {
        bytes32 by = bytes32(uint256(uint160(VM.addr(invitation))));
        bytes memory possession = signed(participants, JOIN, party, key, by, key);
        bytes memory signature = signed(participants, JOIN, party, key, by, invitation);
        participants.redeem(party, signer(key), possession, signature);
    }

    function admit(Participants participants, bytes32 party, uint256 key, uint256 by) internal {
        bytes memory possession = signed(participants, JOIN, party, key, device(by), key);
        bytes memory signature = signed(participants, JOIN, party, key, device(by), by);
        participants.admit(signer(key), possession, signer(by), signature);
    }

    function propose(Participants participants, bytes32 party, uint256 key) internal {
        participants.propose(party, signer(key), signed(participants, JOIN, party, key, 0, key));
    }

    function revoke(Participants participants, bytes32 party, uint256 key, uint256 by) internal {
        bytes memory signature = signed(participants, LEAVE, party, key, device(by), by);
        participants.revoke(signer(key), signer(by), signature);
    }

    /// What `speaker` signs about the device `key`.
    function signed(Participants participants, bytes32 kind, bytes32 party, uint256 key, bytes32 by, uint256 speaker)
        internal
        view
        returns (bytes memory)
    {
        (uint8 v, bytes32 r, bytes32 s) = VM.sign(speaker, digest(participants, kind, party, device(key), by));
        return abi.encodePacked(r, s, v);
    }

    function digest(Participants participants, bytes32 kind, bytes32 party, bytes32 key, bytes32 by)
        internal
        view
        returns (bytes32)
    {
        bytes32 domain = MessageHashUtils.toDomainSeparator(
            bytes1(0x0f), string("Jiulian Participants"), string("1"), block.chainid, address(participants), bytes32(0)
        );
        return MessageHashUtils.toTypedDataHash(domain, keccak256(abi.encode(kind, party, key, by)));
    }
}
