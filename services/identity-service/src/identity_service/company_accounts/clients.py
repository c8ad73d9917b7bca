"""The provider of company accounts, as OpenID Connect Core 1.0 and RFC 7636 (PKCE) speak with it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from identity_service.company_accounts.domain import (
    CompanyIdentity,
    CompanyLoginAway,
    CompanyLoginFailed,
    Flow,
)
from identity_service.fields import email_address

_DISCOVERY = "/.well-known/openid-configuration"
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_SCOPE = "openid email profile"
_SECONDS = 5.0
_KNOWN_SECONDS = 600
_LEEWAY_SECONDS = 60
# Signed by the provider alone: nothing with a shared secret, and never `none`.
_ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA", "Ed25519"]
_NOT_VALID = (JoseError, AuthlibBaseError, ValueError, KeyError, TypeError)


@dataclass(slots=True)
class Provider:
    """One provider, found by its issuer; what it says of itself is read again every ten minutes."""

    issuer: str
    name: str
    client_id: str
    client_secret: str
    redirect_uri: str
    _metadata: tuple[float, Mapping[str, Any]] | None = field(default=None, init=False)
    _keys: tuple[float, KeySet] | None = field(default=None, init=False)

    async def authorization_url(self, flow: Flow) -> str:
        """Where the browser goes."""
        metadata = await self._described()
        async with self._client() as client:
            url, _ = client.create_authorization_url(
                metadata["authorization_endpoint"],
                state=flow.state,
                code_verifier=flow.verifier,
                nonce=flow.nonce,
            )
        return str(url)

    async def identify(self, code: str, flow: Flow) -> CompanyIdentity:
        """Who came back with this code; raises `CompanyLoginFailed` where anything does not fit."""
        metadata = await self._described()
        try:
            async with self._client() as client:
                token = await client.fetch_token(
                    metadata["token_endpoint"], code=code, code_verifier=flow.verifier
                )
                claims = await self._claims(token, flow, metadata)
                told = await self._told(client, claims, metadata)
        except httpx2.HTTPError as error:
            raise CompanyLoginAway from error
        except _NOT_VALID as error:
            raise CompanyLoginFailed from error
        return CompanyIdentity(self.issuer, str(claims["sub"]), told)

    async def _claims(
        self, token: Mapping[str, Any], flow: Flow, metadata: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """The ID token's claims: signed, from this issuer, for us, for this flow, of now."""
        decoded = await self._decoded(token["id_token"], metadata)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            options={
                "iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "value": self.client_id},
            },
            params={
                "nonce": flow.nonce,
                "client_id": self.client_id,
                "access_token": token.get("access_token"),
            },
        )
        claims.validate(leeway=_LEEWAY_SECONDS)
        return dict(claims)

    async def _decoded(self, id_token: str, metadata: Mapping[str, Any]) -> jwt.Token:
        try:
            return jwt.decode(id_token, await self._key_set(metadata), algorithms=_ALGORITHMS)
        except (JoseError, ValueError):
            # The provider may have begun to sign with another key.
            self._keys = None
            return jwt.decode(id_token, await self._key_set(metadata), algorithms=_ALGORITHMS)

    async def _told(
        self, client: AsyncOAuth2Client, claims: Mapping[str, Any], metadata: Mapping[str, Any]
    ) -> str | None:
        """The proven address; many providers give it only when asked with the access token."""
        told = claims
        if "email" not in claims and "userinfo_endpoint" in metadata:
            must_be_safe(metadata["userinfo_endpoint"])
            answer = await client.get(metadata["userinfo_endpoint"])
            answer.raise_for_status()
            told = answer.json()
            if told.get("sub") != claims["sub"]:
                raise CompanyLoginFailed
        if told.get("email_verified") is not True:
            return None
        return email_address(str(told["email"]))

    async def _described(self) -> Mapping[str, Any]:
        """What the provider says of itself (OpenID Connect Discovery 1.0), if it is who we asked."""
        if self._metadata and self._metadata[0] > time.monotonic():
            return self._metadata[1]
        found = await self._read(self.issuer.rstrip("/") + _DISCOVERY)
        if found.get("issuer") != self.issuer:
            raise CompanyLoginFailed
        try:
            for name in _ENDPOINTS:
                must_be_safe(found[name])
        except (KeyError, ValueError):
            raise CompanyLoginFailed from None
        self._metadata = (time.monotonic() + _KNOWN_SECONDS, found)
        return found

    async def _key_set(self, metadata: Mapping[str, Any]) -> KeySet:
        if self._keys is None or self._keys[0] < time.monotonic():
            found: Any = await self._read(metadata["jwks_uri"])
            self._keys = (time.monotonic() + _KNOWN_SECONDS, KeySet.import_key_set(found))
        return self._keys[1]

    async def _read(self, url: str) -> Mapping[str, Any]:
        """A JSON object; redirects are not followed."""
        try:
            async with httpx2.AsyncClient(timeout=_SECONDS) as client:
                answer = (await client.get(url)).raise_for_status()
            found: Mapping[str, Any] = answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise CompanyLoginAway from error
        return found

    def _client(self) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            client_id=self.client_id,
            client_secret=self.client_secret,
            scope=_SCOPE,
            redirect_uri=self.redirect_uri,
            code_challenge_method="S256",
            timeout=_SECONDS,
        )


def must_be_safe(issuer: str) -> None:
    """Raise `ValueError` for a provider whose answers anybody on the way could write."""
    parts = urlsplit(issuer)
    is_local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_local):
        raise ValueError("OIDC_ISSUER must begin with https://")
