"""The code in the link by which the owner of an account chooses a password.

It is signed with the installation's secret and names the account and one code id; the account
waits for exactly this id, so that a link works once, and an older one no longer.
"""

import time
from typing import Final
from uuid import uuid4

import jwt

from ingest_api.signature import ALGORITHM, ForeignSignatureError, signed_claims

#: How long a link works, in seconds.
LINK_SECONDS: Final = 7 * 24 * 3_600
_SCOPE: Final = "password"


class BadCodeError(Exception):
    """The code is none of ours, or it is too old."""


def new_code_id() -> str:
    """Return an id that nobody can guess."""
    return uuid4().hex


def password_link(dashboard: str, secret: str, account: str, code_id: str) -> str:
    """Return the link at the dashboard's address by which an account's owner sets a password."""
    return f"{dashboard}/password?code={issue_code(secret, account, code_id)}"


def issue_code(secret: str, account: str, code_id: str) -> str:
    """Sign the code of a link."""
    claims = {
        "scope": _SCOPE,
        "account": account,
        "jti": code_id,
        "exp": int(time.time()) + LINK_SECONDS,
    }
    return jwt.encode(claims, secret, algorithm=ALGORITHM)


def read_code(secrets: tuple[str, ...], code: str) -> tuple[str, str]:
    """Return the account and the code id.

    Raises:
        BadCodeError: The code was not signed here, is for something else, or has run out.
    """
    try:
        claims = signed_claims(secrets, code, ("scope", "account", "jti", "exp"))
    except ForeignSignatureError as error:
        raise BadCodeError("this link is none of ours, or it is older than a week") from error
    if claims["scope"] != _SCOPE:
        raise BadCodeError("this link is for something else")
    return str(claims["account"]), str(claims["jti"])
