"""The base of input schemas: unknown fields and characters that no text may hold are refused."""

from typing import Any

from pydantic import BaseModel, ConfigDict, field_validator
from pydantic_core import PydanticCustomError

# Tab, line feed and carriage return are text; the other C0 controls and DEL never are.
_CONTROLS = frozenset(map(chr, [*range(9), 11, 12, *range(14, 32), 127]))


class Command(BaseModel):
    """What somebody asks for, as it comes in; `given` tells a null from a missing field."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _is_text(cls, value: Any) -> Any:
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and not _CONTROLS.isdisjoint(text) for text in texts):
            raise PydanticCustomError("characters", "This holds characters that cannot be shown.")
        return value

    def given(self) -> dict[str, Any]:
        """The fields that the request named, also those set to null."""
        return {name: getattr(self, name) for name in self.model_fields_set}
