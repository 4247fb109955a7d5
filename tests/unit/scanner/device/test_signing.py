"""A signature says who captured what, and nothing can be moved between captures, contracts or chains."""

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.device import signing
from scanner.device.capture import Capture, Input, Step
from scanner.device.signing import Domain
from scanner.errors import Malformed

hashes = st.binary(min_size=32, max_size=32)
quantities = st.integers(0, 2**128 - 1)
captures = st.builds(
    Capture,
    evidence=hashes,
    batch=hashes,
    step=st.sampled_from(Step),
    quantity=quantities,
    counterparty=hashes,
    location=hashes,
    time=st.integers(0, 2**64 - 1),
    units=hashes,
    ref=hashes,
    voids=hashes,
    inputs=st.lists(st.builds(Input, hashes, quantities), max_size=3).map(tuple),
)
domains = st.builds(Domain, st.integers(0, 2**256 - 1), st.binary(min_size=20, max_size=20))

KEY = Random(1).randbytes(32)
HERE = Domain(31337, bytes(range(20)))
CAPTURE = Capture(bytes([1]) * 32, bytes([2]) * 32, Step.SHIP, 12, time=1_740_789_015)
TYPES = {
    "Capture": [
        {"name": "evidence", "type": "bytes32"},
        {"name": "batch", "type": "bytes32"},
        {"name": "step", "type": "uint8"},
        {"name": "quantity", "type": "uint128"},
        {"name": "counterparty", "type": "bytes32"},
        {"name": "location", "type": "bytes32"},
        {"name": "time", "type": "uint64"},
        {"name": "units", "type": "bytes32"},
        {"name": "ref", "type": "bytes32"},
        {"name": "voids", "type": "bytes32"},
        {"name": "inputs", "type": "Input[]"},
    ],
    "Input": [{"name": "batch", "type": "bytes32"}, {"name": "quantity", "type": "uint128"}],
}


def typed_data(capture: Capture, domain: Domain) -> Any:
    fields = {each["name"]: getattr(capture, each["name"]) for each in TYPES["Capture"]}
    fields["step"] = int(capture.step)
    fields["inputs"] = [{"batch": each.batch, "quantity": each.quantity} for each in capture.inputs]
    of = {"name": "Jiulian BatchLedger", "version": "1", "chainId": domain.chain_id}
    return encode_typed_data({**of, "verifyingContract": "0x" + domain.contract.hex()}, TYPES, fields)


@given(captures, domains)
@settings(max_examples=50)
def test_what_we_sign_is_what_any_wallet_would_sign(capture: Capture, domain: Domain) -> None:
    signed = Account.sign_message(typed_data(capture, domain), KEY)
    assert signing.digest(capture, domain) == bytes(signed.message_hash)
    assert signing.sign(capture, KEY, domain) == bytes(signed.signature)


@given(captures)
def test_the_signer_is_recovered(capture: Capture) -> None:
    signature = signing.sign(capture, KEY, HERE)
    signer = signing.address_of(KEY)
    assert signer == bytes.fromhex(Account.from_key(KEY).address[2:])
    assert signing.recover(capture, signature, HERE) == signer
    assert signing.verify(capture, signer, signature, HERE)


@pytest.mark.parametrize(
    "other",
    [
        replace(CAPTURE, quantity=13),
        replace(CAPTURE, step=Step.SELL),
        replace(CAPTURE, ref=bytes([9]) * 32),
        replace(CAPTURE, inputs=(Input(bytes(32), 0),)),
    ],
)
def test_a_signature_holds_for_no_other_capture(other: Capture) -> None:
    assert not signing.verify(other, signing.address_of(KEY), signing.sign(CAPTURE, KEY, HERE), HERE)


@pytest.mark.parametrize("there", [Domain(1, HERE.contract), Domain(31337, bytes(20))])
def test_a_signature_holds_on_no_other_chain_or_contract(there: Domain) -> None:
    assert not signing.verify(CAPTURE, signing.address_of(KEY), signing.sign(CAPTURE, KEY, HERE), there)


def test_the_other_form_of_the_same_signature_is_refused_as_the_contract_refuses_it() -> None:
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    signature = signing.sign(CAPTURE, KEY, HERE)
    upper = (order - int.from_bytes(signature[32:64], "big")).to_bytes(32, "big")
    with pytest.raises(Malformed, match="upper"):
        signing.recover(CAPTURE, signature[:32] + upper + bytes([55 - signature[64]]), HERE)


@pytest.mark.parametrize(
    "signature", [b"", bytes(64), bytes(65), bytes(64) + b"\x1b", b"\xff" * 32 + bytes(32) + b"\x1b"]
)
def test_a_signature_that_is_none_is_refused(signature: bytes) -> None:
    with pytest.raises(Malformed, match="signature"):
        signing.recover(CAPTURE, signature, HERE)
    assert not signing.verify(CAPTURE, signing.address_of(KEY), signature, HERE)


def test_a_key_that_lives_in_a_browser_signs_too() -> None:
    key = generate_private_key(SECP256R1())
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)[1:]
    signer = bytes(range(20)) + point
    r, s = decode_dss_signature(key.sign(signing.digest(CAPTURE, HERE), ECDSA(SHA256())))
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    assert signing.verify(CAPTURE, signer, signature, HERE)
    assert not signing.verify(replace(CAPTURE, quantity=13), signer, signature, HERE)
    assert not signing.verify(CAPTURE, signer, signature[:63], HERE)
    assert not signing.verify(CAPTURE, signer, bytes(64), HERE)
    assert not signing.verify(CAPTURE, signer[:20] + bytes(64), signature, HERE)


@pytest.mark.parametrize("length", [0, 19, 21, 83, 85])
def test_a_signer_of_unknown_kind_has_signed_nothing(length: int) -> None:
    assert not signing.verify(CAPTURE, bytes(length), signing.sign(CAPTURE, KEY, HERE), HERE)


def test_a_contract_is_an_address() -> None:
    with pytest.raises(Malformed, match="contract"):
        Domain(1, bytes(19))


def test_a_new_key_is_never_one_that_cannot_sign() -> None:
    drawn = iter([bytes(32), b"\xff" * 32, KEY])
    assert signing.new_key(lambda count: next(drawn)) == KEY
