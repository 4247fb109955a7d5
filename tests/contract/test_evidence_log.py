"""A log of evidence only grows: each head is proved against the one before it, on the chain itself."""

import hashlib

import pytest

from tests.contract.world import World, named

pytestmark = pytest.mark.contract

LOG = named("log")


def leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\0" + data).digest()


def root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, as it is written there."""
    if len(leaves) == 1:
        return leaves[0]
    split = largest_power(len(leaves))
    return hashlib.sha256(b"\1" + root(leaves[:split]) + root(leaves[split:])).digest()


def path(index: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962 section 2.1.1."""
    if len(leaves) == 1:
        return []
    split = largest_power(len(leaves))
    if index < split:
        return [*path(index, leaves[:split]), root(leaves[split:])]
    return [*path(index - split, leaves[split:]), root(leaves[:split])]


def consistency(size: int, leaves: list[bytes], *, whole: bool = True) -> list[bytes]:
    """RFC 6962 section 2.1.2."""
    if size == len(leaves):
        return [] if whole else [root(leaves)]
    split = largest_power(len(leaves))
    if size <= split:
        return [*consistency(size, leaves[:split], whole=whole), root(leaves[split:])]
    return [*consistency(size - split, leaves[split:], whole=False), root(leaves[:split])]


def largest_power(number: int) -> int:
    return 1 << (number - 1).bit_length() - 1


LEAVES = [leaf(bytes([number])) for number in range(40)]


def append(world: World, size: int, old: int, *, log: bytes = LOG) -> None:
    proof = consistency(old, LEAVES[:size]) if old else []
    world.send(world.log.functions.append(log, size, root(LEAVES[:size]), proof), world.publisher)


def test_a_head_that_adds_leaves_is_accepted(world: World) -> None:
    sizes = [1, 2, 3, 7, 8, 13, 32, 33, 40]
    for old, size in zip([0, *sizes], sizes, strict=False):
        append(world, size, old)
    size, head, time = world.log.functions.head(LOG).call()
    assert (size, head, time) == (40, root(LEAVES), world.now())


def test_every_step_from_size_to_size_is_proved(world: World) -> None:
    for old in range(1, 12):
        for size in range(old + 1, 14):
            log = named(f"{old} to {size}")
            append(world, old, 0, log=log)
            append(world, size, old, log=log)


def test_logs_do_not_know_each_other(world: World) -> None:
    append(world, 5, 0)
    append(world, 3, 0, log=named("another"))
    assert world.log.functions.head(LOG).call()[0] == 5


def test_a_log_does_not_shrink_or_stand_still(world: World) -> None:
    append(world, 5, 0)
    for size in (0, 4, 5):
        call = world.log.functions.append(LOG, size, root(LEAVES[: size or 1]), [])
        assert world.refusal(call, world.publisher) == "HeadNotLarger"


def test_a_rewritten_log_is_refused(world: World) -> None:
    append(world, 5, 0)
    forged = [leaf(b"forged"), *LEAVES[1:8]]
    for proof in (consistency(5, forged), consistency(5, LEAVES[:8]), []):
        call = world.log.functions.append(LOG, 8, root(forged), proof)
        assert world.refusal(call, world.publisher) == "HeadNotConsistent"


def test_a_first_head_needs_no_proof_and_takes_none(world: World) -> None:
    call = world.log.functions.append(LOG, 5, root(LEAVES[:5]), [named("needless")])
    assert world.refusal(call, world.publisher) == "HeadNotConsistent"


def test_only_the_publisher_appends(world: World) -> None:
    call = world.log.functions.append(LOG, 5, root(LEAVES[:5]), [])
    assert world.refusal(call, world.relayer) == "AccessManagedUnauthorized"


def test_a_leaf_is_shown_to_stand_in_the_tree(world: World) -> None:
    includes = world.log.functions.includes
    for size in (1, 2, 5, 8, 13):
        leaves = LEAVES[:size]
        for index in range(size):
            proof = path(index, leaves)
            assert includes(leaves[index], index, size, root(leaves), proof).call()
            assert not includes(LEAVES[20], index, size, root(leaves), proof).call()
            assert not includes(leaves[index], size, size, root(leaves), proof).call()
