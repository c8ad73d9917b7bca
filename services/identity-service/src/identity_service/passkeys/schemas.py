"""Passkeys over HTTP, as browsers write them (WebAuthn Level 3, `toJSON`)."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from identity_service.fields import Name
from shared.commands import Command

Base64Url = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,20000}$")]


class Signed(BaseModel):
    """What an authenticator says; fields that we do not read are let through."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    clientDataJSON: Base64Url
    attestationObject: Base64Url | None = None
    authenticatorData: Base64Url | None = None
    signature: Base64Url | None = None
    userHandle: Base64Url | None = None


class Credential(BaseModel):
    """A PublicKeyCredential of a browser."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: Base64Url
    rawId: Base64Url
    type: Literal["public-key"]
    response: Signed

    def plain(self) -> dict[str, Any]:
        """As the checks take it."""
        return self.model_dump(exclude_none=True)


class AddPasskey(Command):
    """What the browser made, and how its owner calls it."""

    name: Name
    credential: Credential


class RenamePasskey(Command):
    """How its owner calls it."""

    name: Name


class LogInWithPasskey(Command):
    """What the browser signed."""

    credential: Credential


class OptionsOut(BaseModel):
    """What goes into `navigator.credentials`, bytes as base64url."""

    public_key: Annotated[dict[str, Any], Field(description="PublicKeyCredential…Options")]


class PasskeyOut(BaseModel):
    """A passkey; `is_synced` where it is kept beyond one device."""

    id: UUID
    name: str
    is_synced: bool
    created_at: datetime
    last_used_at: datetime | None


class Passkeys(BaseModel):
    """One's passkeys, the oldest first."""

    items: list[PasskeyOut]
