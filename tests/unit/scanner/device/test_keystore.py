"""A device's key is for the device alone."""

import json
from pathlib import Path
from random import Random

import pytest

from scanner.device.keystore import WrongPassphrase, load_key, save_key
from scanner.device.signing import address_of
from scanner.errors import Malformed

KEY = bytes(range(1, 33))
DRAW = Random(1).randbytes


@pytest.mark.parametrize("passphrase", [None, "高粱 sorghum"])
def test_a_key_comes_back_and_nobody_else_may_read_its_file(tmp_path: Path, passphrase: str | None) -> None:
    path = tmp_path / "device.key"
    save_key(path, KEY, passphrase, DRAW)
    assert load_key(path, passphrase) == KEY
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text())["address"] == "0x" + address_of(KEY).hex()


def test_a_locked_key_is_nowhere_in_its_file_and_opens_to_its_passphrase_alone(tmp_path: Path) -> None:
    path = tmp_path / "device.key"
    save_key(path, KEY, "right", DRAW)
    assert KEY.hex() not in path.read_text()
    for wrong in ("wrong", "", None):
        with pytest.raises(WrongPassphrase):
            load_key(path, wrong)


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    save_key(tmp_path / "device.key", KEY, None, DRAW)
    with pytest.raises(FileExistsError):
        save_key(tmp_path / "device.key", bytes(range(2, 34)), None, DRAW)
    assert load_key(tmp_path / "device.key") == KEY


@pytest.mark.parametrize(
    "content",
    [
        "",
        "酒",
        "[]",
        "{}",
        '{"version": 1, "address": "0x", "key": 7}',
        '{"version": 1, "address": "0x", "key": "0xzz"}',
        '{"version": 1, "address": "0x00", "key": "0x' + "01" * 32 + '"}',
        '{"version": 1, "address": "0x00", "key": "0x' + "00" * 32 + '"}',
        '{"version": 1, "address": "0x00", "sealed": 3}',
    ],
)
def test_a_file_that_is_no_key_file_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "device.key").write_text(content)
    with pytest.raises(Malformed):
        load_key(tmp_path / "device.key", "x")
