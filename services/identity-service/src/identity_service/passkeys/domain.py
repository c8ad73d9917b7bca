"""Passkeys: what browsers are asked to sign, and whether they did (W3C Web Authentication)."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import webauthn
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from shared.errors import Conflict, FieldError, Invalid, NotFound, Unauthenticated

CHALLENGE_FOR = timedelta(minutes=5)
MAX_PASSKEYS = 20
_CHALLENGE_BYTES = 32
_TIMEOUT_MS = 120_000
# What the library raises for answers that are no answers.
_NOT_VALID = (WebAuthnException, ValueError, KeyError, TypeError, IndexError, AttributeError)


class PasskeyNotKnown(Unauthenticated):
    """This passkey is not known here, or its answer came too late. Please try again."""


class PasskeyNotFound(NotFound):
    """You have no such passkey."""


class PasskeyNotValid(Invalid):
    """This device could not make a passkey. Please try again."""

    def __init__(self) -> None:
        super().__init__(FieldError("/credential", self.title(), "passkey_not_valid"))


class PasskeyKnownAlready(Conflict):
    """This passkey is known already."""


class TooManyPasskeys(Conflict):
    """You have as many passkeys as one may have. Please remove one first."""


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who asks: the host name that passkeys are bound to, our name, and the origin of our pages."""

    id: str
    name: str
    origin: str


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as its owner sees it."""

    id: UUID
    name: str
    is_synced: bool
    created_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A passkey as its answers are checked."""

    id: UUID
    user_id: UUID
    public_key: bytes
    sign_count: int


@dataclass(frozen=True, slots=True)
class NewKey:
    """What is kept of a new passkey."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    is_synced: bool


def new_challenge() -> bytes:
    """256 random bits to be signed."""
    return secrets.token_bytes(_CHALLENGE_BYTES)


def challenge_hash(challenge: bytes) -> bytes:
    """What is stored of a challenge."""
    return hashlib.sha256(challenge).digest()


def creation_options(
    party: RelyingParty,
    user_id: UUID,
    email: str,
    name: str,
    challenge: bytes,
    known: Iterable[bytes],
) -> dict[str, Any]:
    """What a browser needs to make a passkey: one that it can find by itself, behind a lock."""
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=party.name,
        user_id=user_id.bytes,
        user_name=email,
        user_display_name=name,
        challenge=challenge,
        timeout=_TIMEOUT_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            require_resident_key=True,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=key) for key in known],
    )
    return _plain(options)


def request_options(party: RelyingParty, challenge: bytes) -> dict[str, Any]:
    """What a browser needs to answer with whichever passkey its owner chooses."""
    options = webauthn.generate_authentication_options(
        rp_id=party.id,
        challenge=challenge,
        timeout=_TIMEOUT_MS,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return _plain(options)


def challenge_of(credential: Mapping[str, Any]) -> bytes | None:
    """The challenge that an answer says it signed; None where it says none."""
    try:
        client = orjson.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
        return base64url_to_bytes(client["challenge"])
    except _NOT_VALID:
        return None


def credential_id_of(credential: Mapping[str, Any]) -> bytes | None:
    """Which passkey an answer is from; None where it is not even that."""
    try:
        return base64url_to_bytes(credential["rawId"])
    except _NOT_VALID:
        return None


def made_key(party: RelyingParty, credential: Mapping[str, Any], challenge: bytes) -> NewKey:
    """The key of a new passkey; raises `PasskeyNotValid`."""
    try:
        made = webauthn.verify_registration_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except _NOT_VALID:
        raise PasskeyNotValid from None
    is_synced = made.credential_device_type is CredentialDeviceType.MULTI_DEVICE
    return NewKey(
        made.credential_id, made.credential_public_key, made.sign_count, is_synced=is_synced
    )


def count_after(
    party: RelyingParty, credential: Mapping[str, Any], challenge: bytes, key: KnownKey
) -> int:
    """The counter after a right answer; raises `PasskeyNotKnown` for any other, and for a copy's."""
    try:
        answer = webauthn.verify_authentication_response(
            credential=dict(credential),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,
            require_user_verification=True,
        )
    except _NOT_VALID:
        raise PasskeyNotKnown from None
    return answer.new_sign_count


def _plain(options: Any) -> dict[str, Any]:
    plain: dict[str, Any] = orjson.loads(webauthn.options_to_json(options))
    return plain
