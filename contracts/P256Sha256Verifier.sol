// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC7913SignatureVerifier} from "@openzeppelin/contracts/interfaces/IERC7913.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";

/// @title ERC-7913 verifier for keys of WebCrypto (ECDSA on P-256 with SHA-256).
/// @notice A browser cannot sign a ready-made hash: it signs the SHA-256 of the 32 bytes it is given. The key is
/// `qx ‖ qy`, the signature `r ‖ s`, 64 bytes each. Browsers do not choose the lower `s`, so both are taken; evidence,
/// not the signature, is what guards against replay.
contract P256Sha256Verifier is IERC7913SignatureVerifier {
    bytes4 private constant INVALID = 0xffffffff;

    /// @inheritdoc IERC7913SignatureVerifier
    function verify(bytes calldata key, bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        if (key.length != 64 || signature.length != 64) return INVALID;
        uint256 s = uint256(bytes32(signature[32:64]));
        if (s > P256.N / 2 && s < P256.N) s = P256.N - s;
        bool valid = P256.verify(
            sha256(abi.encodePacked(hash)),
            bytes32(signature[0:32]),
            bytes32(s),
            bytes32(key[0:32]),
            bytes32(key[32:64])
        );
        return valid ? IERC7913SignatureVerifier.verify.selector : INVALID;
    }
}
