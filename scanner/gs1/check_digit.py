"""Check characters of GS1 keys (GS1 General Specifications, section 7.9)."""

from scanner.errors import Malformed

CSET82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_PAIR_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_PAIR_WEIGHTS = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83)


def is_digits(text: str) -> bool:
    """Whether `text` is one or more of 0-9; `str.isdigit` would let digits of other scripts in."""
    return text.isascii() and text.isdigit()


def check_digit(body: str) -> str:
    """The modulo 10 check digit that ends a key with the digits `body`: weights 3, 1, 3, ... from the right."""
    if not is_digits(body):
        raise Malformed("check digit", f"{body!r} is not all digits")
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return str(-total % 10)


def has_check_digit(key: str) -> bool:
    """Whether the last digit of `key` is the check digit of the digits before it."""
    return len(key) > 1 and is_digits(key) and check_digit(key[:-1]) == key[-1]


def check_pair(body: str) -> str:
    """The two check characters that end a Global Model Number (weights: primes from the right, modulo 1021)."""
    if not 0 < len(body) <= len(_PAIR_WEIGHTS) or any(letter not in CSET82 for letter in body):
        raise Malformed("check pair", f"{body!r} cannot be the body of a model number")
    total = sum(CSET82.index(letter) * weight for letter, weight in zip(reversed(body), _PAIR_WEIGHTS, strict=False))
    first, second = divmod(total % 1021, 32)
    return _PAIR_ALPHABET[first] + _PAIR_ALPHABET[second]
