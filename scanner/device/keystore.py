"""The key of a device in a file only its owner can read; with a passphrase also encrypted (scrypt, AES-256-GCM)."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from scanner.device.signing import address_of
from scanner.errors import Malformed, ScannerError

VERSION = 1
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**15, 8, 1


class WrongPassphrase(ScannerError):
    """The passphrase does not open the key file."""


def save_key(path: Path, key: bytes, passphrase: str | None, random: Callable[[int], bytes]) -> None:
    """Write a new key file with mode 0600. FileExistsError when there is one: a lost key cannot be made again."""
    content: dict[str, object] = {"version": VERSION, "address": "0x" + address_of(key).hex()}
    if passphrase is None:
        content["key"] = "0x" + key.hex()
    else:
        salt, nonce = random(16), random(12)
        sealed = AESGCM(_stretch(passphrase, salt)).encrypt(nonce, key, address_of(key))
        content["sealed"] = {"salt": salt.hex(), "nonce": nonce.hex(), "key": sealed.hex()}
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())


def load_key(path: Path, passphrase: str | None = None) -> bytes:
    """The key of 32 bytes. Malformed when the file is no key file, WrongPassphrase when it stays shut."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        key = _open(content, passphrase) if "sealed" in content else bytes.fromhex(content["key"][2:])
        if content["version"] != VERSION or content["address"] != "0x" + address_of(key).hex():
            raise Malformed("address", "is not that of the key")
    except (KeyError, TypeError, UnicodeDecodeError) as error:
        raise Malformed("key file", "is not one of ours") from error
    except ValueError as error:
        if isinstance(error, ScannerError):
            raise
        raise Malformed("key file", "is not one of ours") from error
    return key


def _open(content: dict[str, dict[str, str]], passphrase: str | None) -> bytes:
    if passphrase is None:
        raise WrongPassphrase("the key file is locked with a passphrase")
    sealed = content["sealed"]
    cipher = AESGCM(_stretch(passphrase, bytes.fromhex(sealed["salt"])))
    bound = bytes.fromhex(str(content["address"])[2:])
    try:
        return cipher.decrypt(bytes.fromhex(sealed["nonce"]), bytes.fromhex(sealed["key"]), bound)
    except InvalidTag:
        raise WrongPassphrase("the passphrase does not open the key file") from None


def _stretch(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P).derive(passphrase.encode())
