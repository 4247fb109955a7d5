from dataclasses import replace

from backend.anchoring.rules import Fee, SignedCapture, bumped, chunks, gas_of, in_order
from scanner.device.capture import Capture, Input, Step

SIGNER, P256 = b"\1" * 20, b"\1" * 84


def said(number: int, batch: str = "A", *, inputs: str = "", signer: bytes = SIGNER) -> SignedCapture:
    used = tuple(Input(each.encode().rjust(32), 1) for each in inputs)
    capture = Capture(bytes([number]) * 32, batch.encode().rjust(32), Step.AGE, 1, inputs=used)
    return SignedCapture(capture, signer, b"")


def test_captures_keep_their_order_across_transactions() -> None:
    captures = [said(n) for n in range(250)]
    groups = chunks(captures, most=100, gas=10**9)
    assert [len(group) for group in groups] == [100, 100, 50]
    assert [each for group in groups for each in group] == captures


def test_a_transaction_never_asks_for_more_gas_than_it_may() -> None:
    captures = [said(n, signer=P256 if n % 3 else SIGNER, inputs="XYZ") for n in range(50)]
    assert all(gas_of(group) <= 5_000_000 for group in chunks(captures, most=100, gas=5_000_000))


def test_a_capture_too_dear_for_the_limit_goes_alone() -> None:
    assert [len(group) for group in chunks([said(1), said(2)], most=100, gas=1)] == [1, 1]


def test_what_waits_holds_back_later_captures_of_its_batches_only() -> None:
    waiting = said(1, "A")
    captures = [waiting, said(2, "B"), said(3, "A"), said(4, "C", inputs="A"), said(5, "C"), said(6, "B")]
    ready = in_order(captures, lambda each: each is not waiting)
    assert [each.capture.evidence[0] for each in ready] == [2, 6]


def test_nothing_is_held_back_when_the_chain_knows_everybody() -> None:
    captures = [said(1), said(2, "B", inputs="A")]
    assert in_order(captures, lambda _: True) == captures


def test_a_replacement_pays_at_least_a_tenth_more_and_never_a_tip_above_its_fee() -> None:
    for old in (Fee(0, 0), Fee(1, 1), Fee(10**9, 10**6)):
        new = bumped(old, Fee(0, 0))
        assert new.most * 10 >= old.most * 11
        assert new.most > old.most
        assert new.tip <= new.most
    assert bumped(Fee(1, 1), Fee(500, 9)) == Fee(500, 9)


def test_gas_grows_with_inputs_and_with_keys_of_browsers() -> None:
    plain = said(1)
    assert gas_of([said(1, inputs="AB")]) > gas_of([plain])
    assert gas_of([replace(plain, signer=P256)]) > gas_of([plain])
