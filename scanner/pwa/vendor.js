// The libraries the app stands on, at the versions of backend/web/vendor.lock. Nothing else names their paths.
export { sha256 } from "/static/vendor/noble-hashes-2.4.0/sha2.js";
export { keccak_256 } from "/static/vendor/noble-hashes-2.4.0/sha3.js";
export { secp256k1 } from "/static/vendor/noble-curves-2.4.0/secp256k1.js";
