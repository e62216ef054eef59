"""The institution's identity provider: any that speaks OpenID Connect.

The authorization code flow with PKCE. What it says of somebody is believed only if the ID token is
signed by one of its keys, is meant for us, is not old, and answers this very sign-in (the nonce).
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, cast
from urllib.parse import quote

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry

from analytics.sign_in.new_session import Opened
from analytics.sign_in.oauth import (
    ProviderAwayError,
    ProviderRefusedError,
    WayIn,
    answer,
    with_query,
)
from analytics.sign_in.oidc_settings import OidcSettings
from analytics.sign_in.roles import opened_by

#: Of the provider's clock, in seconds.
_LEEWAY_SECONDS: Final = 60
#: What the provider says about itself is asked anew after this, in seconds.
_METADATA_SECONDS: Final = 600.0
#: Signatures that need the provider's own key.
_SIGNATURES: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384")


class IdentityProvider:
    """Asks one provider; safe to use from many threads."""

    def __init__(self, settings: OidcSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._metadata: dict[str, Any] = {}
        self._keys: Any = None
        self._asked_at = -_METADATA_SECONDS

    def way_in(self) -> WayIn:
        """Return where to send somebody.

        Raises:
            ProviderAwayError: The provider does not say.
        """
        way = WayIn.new()
        asked = way.asked | {
            "client_id": self._settings.client_id,
            "redirect_uri": self._way_back,
            "scope": self._settings.scopes,
            "nonce": way.nonce,
        }
        endpoint = self._about_itself()["authorization_endpoint"]
        return replace(way, address=with_query(endpoint, asked))

    def opened(self, code: str, way: WayIn) -> Opened:
        """Return what is open to whoever came back with a code.

        Raises:
            ProviderAwayError: The provider does not answer.
            ProviderRefusedError: The code or the ID token is not good.
            NoRoleError: Nothing is open to them.
        """
        claims = self._claims_of(code, way)
        return opened_by(claims, self._settings.account_claim, self._settings.roles_claim)

    def _claims_of(self, code: str, way: WayIn) -> Mapping[str, Any]:
        about = self._about_itself()
        try:
            token = self._token_for(code, way.verifier)
            claims = self._verified(token, way.nonce)
        except (JoseError, LookupError, ValueError, TypeError) as error:
            raise ProviderRefusedError(
                f"the identity provider does not vouch for you ({type(error).__name__}): sign in "
                "again"
            ) from error
        if self._settings.roles_claim not in claims and "userinfo_endpoint" in about:
            bearer = {"Authorization": f"Bearer {token.get('access_token')}"}
            more = answer("GET", about["userinfo_endpoint"], headers=bearer)
            if more.get("sub") == claims["sub"]:
                claims = more | claims
        return claims

    def way_out(self) -> str | None:
        """Return where somebody signs out of the provider too; None where it offers no such page.

        Raises:
            ProviderAwayError: The provider does not say.
        """
        endpoint = self._about_itself().get("end_session_endpoint")
        if endpoint is None:
            return None
        back = {
            "client_id": self._settings.client_id,
            "post_logout_redirect_uri": f"{self._settings.dashboard_url}/sign-in",
        }
        return with_query(endpoint, back)

    def _token_for(self, code: str, verifier: str) -> dict[str, Any]:
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._way_back,
            "client_id": self._settings.client_id,
            "code_verifier": verifier,
        }
        secret = self._settings.client_secret
        auth = (
            None
            if secret is None
            else (quote(self._settings.client_id), quote(secret.get_secret_value()))
        )
        return answer("POST", self._about_itself()["token_endpoint"], data=sent, auth=auth)

    def _verified(self, token: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        about = self._about_itself()
        offered = about.get("id_token_signing_alg_values_supported", ["RS256"])
        registry = JWSRegistry(
            algorithms=[each for each in offered if each in _SIGNATURES], strict_check_header=False
        )
        try:
            decoded = jwt.decode(token["id_token"], self._key_set(), registry=registry)
        except (JoseError, ValueError):
            # It may have new keys: once more with those that it has now.
            decoded = jwt.decode(token["id_token"], self._key_set(anew=True), registry=registry)
        wanted = JWTClaimsRegistry(
            leeway=_LEEWAY_SECONDS,
            iss={"essential": True, "value": about["issuer"]},
            aud={"essential": True, "value": self._settings.client_id},
            sub={"essential": True},
            exp={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        wanted.validate(decoded.claims)
        # A token for several is meant for the one that it names (OpenID Connect Core, 3.1.3.7).
        if decoded.claims.get("azp", self._settings.client_id) != self._settings.client_id:
            raise ValueError("the ID token is meant for another client")
        return decoded.claims

    def _about_itself(self) -> dict[str, Any]:
        with self._lock:
            if time.monotonic() < self._asked_at + _METADATA_SECONDS:
                return self._metadata
        issuer = self._settings.issuer
        about = answer("GET", f"{issuer}/.well-known/openid-configuration")
        if about.get("issuer", "").rstrip("/") != issuer:
            raise ProviderAwayError(
                f"the identity provider calls itself {about.get('issuer')!r}: correct "
                "CELLPULSE_OIDC_ISSUER"
            )
        with self._lock:
            self._metadata, self._asked_at = about, time.monotonic()
        return about

    def _key_set(self, *, anew: bool = False) -> Any:
        if anew or self._keys is None:
            self._keys = KeySet.import_key_set(
                cast("Any", answer("GET", self._about_itself()["jwks_uri"]))
            )
        return self._keys

    @property
    def _way_back(self) -> str:
        return f"{self._settings.dashboard_url}/sign-in/callback"
