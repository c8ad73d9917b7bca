"""`python -m local.cluster`: the Secrets of deploy/k8s/overlays/demo, as JSON for `kubectl apply -f -`.

Made of what `make secrets` wrote; the overlay names them and never holds them. A real cluster gets
Secrets with the same names and keys from wherever it keeps such things.
"""

import json
import sys
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from local.environment import SERVICES, database, module, owner_role, prefix
from local.errors import CannotStart
from local.folders import PROJECT

NAMESPACE = "tanggap"


def main(project: Path = PROJECT) -> int:
    """Print the list."""
    print(json.dumps(secrets(project), indent=1))
    return 0


def secrets(project: Path) -> dict[str, Any]:
    """One Secret for the servers, one for each process, one for each key file."""
    env = {name: value or "" for name, value in dotenv_values(project / ".env").items()}
    if not env.get("GATEWAY_SECRET"):
        raise CannotStart("There are no secrets yet: run `make secrets` first.")
    names = [name for name in env if name.endswith("_PASSWORD")]
    redis_url = f"redis://:{env['REDIS_PASSWORD']}@redis:6379/0"
    gateway = {"GATEWAY_SECRET": env["GATEWAY_SECRET"], "REDIS_URL": redis_url}
    files = project / ".secrets"
    items = [
        _secret("servers", {name: env[name] for name in names}),
        *(_secret(name, _service(name, env, redis_url)) for name in SERVICES),
        *(_secret(f"{name}-owner", _owner(name, env)) for name in SERVICES),
        _secret("gateway", gateway),
        _secret("gateway-token-key", _file(files / "gateway-token-key.json")),
        _object("ConfigMap", "token-jwks", {"data": _file(files / "token-jwks.json")}),
    ]
    return {"apiVersion": "v1", "kind": "List", "items": items}


def _service(name: str, env: dict[str, str], redis_url: str) -> dict[str, str]:
    url = _url(name, module(name), env[f"{prefix(name)}DATABASE_PASSWORD"])
    links = {} if name == "analytics-service" else {"LINK_KEYS": env["LINK_KEYS"]}
    if name == "identity-service":
        links["IDENTITY_VAULT_KEYS"] = env["IDENTITY_VAULT_KEYS"]
    return {f"{prefix(name)}DATABASE_URL": url, "REDIS_URL": redis_url, **links}


def _owner(name: str, env: dict[str, str]) -> dict[str, str]:
    """For the migration alone."""
    url = _url(name, owner_role(name), env[f"{prefix(name)}DATABASE_OWNER_PASSWORD"])
    return {f"{prefix(name)}DATABASE_OWNER_URL": url}


def _url(service: str, role: str, password: str) -> str:
    return f"postgresql://{role}:{password}@postgres:5432/{database(service)}"


def _secret(name: str, values: dict[str, str]) -> dict[str, Any]:
    return _object("Secret", name, {"type": "Opaque", "stringData": values})


def _object(kind: str, name: str, content: dict[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **content}


def _file(path: Path) -> dict[str, str]:
    return {path.name: path.read_text()}


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CannotStart as error:
        sys.exit(str(error))
