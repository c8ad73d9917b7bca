"""What can be taken away as a file, who may, and its columns."""

from collections.abc import Mapping
from types import MappingProxyType

from identity_service.imports.domain import Kind
from shared.permissions import Permission

# Besides the right to export: whoever takes rows away must be allowed to see them one by one.
NEEDED: Mapping[Kind, frozenset[Permission]] = MappingProxyType(
    {
        "areas": frozenset({Permission.EXPORT_RUN, Permission.AREA_READ}),
        "customers": frozenset({Permission.EXPORT_RUN, Permission.USER_READ}),
        "lines": frozenset({Permission.EXPORT_RUN, Permission.LINE_READ}),
    }
)
COLUMNS: Mapping[Kind, tuple[str, ...]] = MappingProxyType(
    {
        "areas": ("key", "kind", "name", "parent", "is_active"),
        "customers": ("email", "name", "phone", "language"),
        "lines": (
            *("number", "email", "plan", "address", "area", "state", "latitude", "longitude"),
        ),
    }
)
