"""What every provider's sign-in has in common: OAuth 2's authorization code flow, with PKCE."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any, Final, Self
from urllib.parse import urlencode

import httpx

#: How long to wait for the provider, in seconds.
_TIMEOUT_SECONDS: Final = 5.0


class ProviderAwayError(Exception):
    """The provider does not answer, or not as its protocol says."""


class ProviderRefusedError(Exception):
    """The provider does not vouch for whoever came back from it."""


@dataclass(frozen=True)
class WayIn:
    """Where somebody signs in, and what has to fit when they come back.

    Attributes:
        address: The provider's page.
        state: Comes back with them.
        nonce: Stands in the ID token, where the provider gives one.
        verifier: Shown to the provider only with the code (PKCE).
    """

    address: str
    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Self:
        """Make one that nobody can guess, without an address yet."""
        return cls("", token_urlsafe(32), token_urlsafe(32), token_urlsafe(64))

    @property
    def asked(self) -> dict[str, str]:
        """What the provider is told of it beforehand."""
        return {
            "response_type": "code",
            "state": self.state,
            "code_challenge": _challenge(self.verifier),
            "code_challenge_method": "S256",
        }


def answer(method: str, address: str, **request: Any) -> dict[str, Any]:
    """Ask a provider.

    Raises:
        ProviderAwayError: It does not answer, or with something else than JSON.
        ProviderRefusedError: It refuses.
    """
    try:
        found = httpx.request(method, address, timeout=_TIMEOUT_SECONDS, **request)
        if found.is_client_error:
            raise ProviderRefusedError("the identity provider refuses: sign in again")
        told = found.raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        raise _away(error) from error
    if not isinstance(told, dict):
        raise _away(TypeError("no JSON object"))
    return told


def with_query(address: str, query: Mapping[str, str]) -> str:
    """Return an address with more in its query."""
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"


def _away(error: Exception) -> ProviderAwayError:
    return ProviderAwayError(
        f"the identity provider does not answer ({type(error).__name__}): check that it runs, and "
        "CELLPULSE_OIDC_ISSUER or CELLPULSE_HUB_URL"
    )


def _challenge(verifier: str) -> str:
    """Return what is told of the verifier beforehand (RFC 7636, 4.2)."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
