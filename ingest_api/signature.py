"""Reads what this installation has signed, with its secret or with the one before."""

from collections.abc import Sequence
from typing import Any, Final

import jwt

ALGORITHM: Final = "HS256"


class ForeignSignatureError(Exception):
    """It was not signed here, it is no JWT, or it lacks a claim."""


def signed_claims(
    secrets: Sequence[str], signed: str, require: Sequence[str], *, may_have_ended: bool = False
) -> dict[str, Any]:
    """Return the claims of a JWT.

    Args:
        secrets: Those whose signatures hold.
        signed: The JWT.
        require: Claims that it must have.
        may_have_ended: Leave it to whoever asks to look whether it has ended.

    Raises:
        ForeignSignatureError: None of the secrets signed it, a claim lacks, or it has ended.
    """
    options: Any = {"require": [*require], "verify_iat": False, "verify_exp": not may_have_ended}
    fault: Exception | None = None
    for secret in secrets:
        try:
            return jwt.decode(signed, secret, algorithms=[ALGORITHM], options=options)
        except (jwt.InvalidTokenError, ValueError) as error:
            fault = error
    raise ForeignSignatureError(str(fault)) from fault
