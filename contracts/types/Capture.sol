// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// What a capture says happened to a batch. `None` is never recorded.
enum Step {
    None,
    Harvest,
    Ferment,
    Distil,
    Age,
    Blend,
    Bottle,
    Inspect,
    Commission,
    Ship,
    Receive,
    Return,
    Sell,
    WriteOff,
    Recall,
    Lift
}

/// What was used up to make a batch.
struct Input {
    bytes32 batch;
    uint128 quantity;
}

/// One statement of a device. Quantities are grams, millilitres or bottles; `time` is in seconds UTC. With `voids`, the
/// evidence of an earlier capture, it declares that what it repeats did not happen.
struct Capture {
    bytes32 evidence;
    bytes32 batch;
    Step step;
    uint128 quantity;
    bytes32 counterparty;
    bytes32 location;
    uint64 time;
    bytes32 units;
    bytes32 ref;
    bytes32 voids;
    Input[] inputs;
}

/// A capture with the key that signed it: a 20-byte address, or an ERC-7913 `verifier ‖ key`.
struct SignedCapture {
    Capture capture;
    bytes signer;
    bytes signature;
}

/// @dev EIP-712 struct hashes of a capture, and the hash of what it says.
library CaptureHash {
    bytes32 private constant INPUT = keccak256("Input(bytes32 batch,uint128 quantity)");
    bytes32 private constant CAPTURE = keccak256(
        "Capture(bytes32 evidence,bytes32 batch,uint8 step,uint128 quantity,bytes32 counterparty,bytes32 location,"
        "uint64 time,bytes32 units,bytes32 ref,bytes32 voids,Input[] inputs)Input(bytes32 batch,uint128 quantity)"
    );

    function structHash(Capture calldata capture) internal pure returns (bytes32 hash) {
        (hash,) = hashesOf(capture);
    }

    /// @dev The struct hash, and the head of a hash over all that the capture says but its evidence and what it voids, so
    /// that a declaration has the content of what it voids. Two contents that agree in 200 bits cost 2^100 hashes to find.
    function hashesOf(Capture calldata capture) internal pure returns (bytes32 hash, uint200 content) {
        bytes memory words = abi.encode(
            CAPTURE,
            capture.evidence,
            capture.batch,
            capture.step,
            capture.quantity,
            capture.counterparty,
            capture.location,
            capture.time,
            capture.units,
            capture.ref,
            capture.voids,
            _inputsHash(capture.inputs)
        );
        hash = keccak256(words);
        // The same words again, from the third to the last, with none for `voids`: cheaper than encoding them anew.
        assembly ("memory-safe") {
            mstore(add(words, 352), 0)
            content := shr(56, keccak256(add(words, 96), 320))
        }
    }

    function _inputsHash(Input[] calldata inputs) private pure returns (bytes32) {
        if (inputs.length == 0) return keccak256("");
        bytes32[] memory hashes = new bytes32[](inputs.length);
        for (uint256 i = 0; i < inputs.length; ++i) {
            hashes[i] = keccak256(abi.encode(INPUT, inputs[i].batch, inputs[i].quantity));
        }
        return keccak256(abi.encodePacked(hashes));
    }
}
