"""What is kept of a password, and whether one is the one that was kept."""

import secrets
from functools import cached_property

from pwdlib import PasswordHash

from backend.identity.rules_accounts import PASSWORD_MOST


class Passwords:
    """Argon2id with a salt for each password; as it is recommended (RFC 9106), unless told another cost."""

    def __init__(self, hashing: PasswordHash | None = None) -> None:
        self._hashing = hashing or PasswordHash.recommended()

    def hash(self, password: str) -> str:
        """What is kept of a password."""
        return self._hashing.hash(password)

    def is_right(self, password: str, kept: str | None) -> bool:
        """Whether a password is the one that was kept; None is kept of nobody.

        One beyond the bound never is. Every answer takes as long as any other.
        """
        nobody = self._nobody
        if kept is None or len(password) > PASSWORD_MOST:
            self._hashing.verify(password[:PASSWORD_MOST], nobody)
            return False
        return self._hashing.verify(password, kept)

    @cached_property
    def _nobody(self) -> str:
        """Of a password that nobody has; made at the first question whoever it is about, so that none takes longer."""
        return self._hashing.hash(secrets.token_hex(8))
