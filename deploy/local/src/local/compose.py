"""`make secrets`: what docker-compose.yml needs and no file of the project may hold.

Fills the secrets of .env (made from .env.example) that are empty or missing, and writes key files and
the demo's people to .secrets/. What is there already stays, so it can be run at any time.
"""

import json
import os
import sys
from pathlib import Path

from local.demo import people
from local.folders import PROJECT
from local.keys import Keys, token

FILLED = (
    "POSTGRES_PASSWORD",
    "IDENTITY_DATABASE_PASSWORD",
    "IDENTITY_DATABASE_OWNER_PASSWORD",
    "TICKET_DATABASE_PASSWORD",
    "TICKET_DATABASE_OWNER_PASSWORD",
    "NOTIFY_DATABASE_PASSWORD",
    "NOTIFY_DATABASE_OWNER_PASSWORD",
    "ANALYTICS_DATABASE_PASSWORD",
    "ANALYTICS_DATABASE_OWNER_PASSWORD",
    "REDIS_PASSWORD",
    "GATEWAY_SECRET",
    "LINK_KEYS",
    "IDENTITY_VAULT_KEYS",
)


def main(project: Path = PROJECT) -> int:
    """Write what is missing and say where it is."""
    keys = Keys(project / ".secrets")
    write_env(project, keys)
    write_files(project / ".secrets", keys)
    print("Secrets are in .env and .secrets/: keep both to yourself. The demo's accounts:\n")
    for account in people.ACCOUNTS:
        print(f"  {account.role:<11} {account.email:<28} {people.password(keys, account)}")
    return 0


def write_env(project: Path, keys: Keys) -> None:
    """Fill .env, readable by its owner only."""
    env = project / ".env"
    lines = (env if env.exists() else project / ".env.example").read_text().splitlines()
    named = {line.partition("=")[0] for line in lines}
    lines += [f"{name}=" for name in FILLED if name not in named]
    filled = [_filled(line, keys) for line in lines]
    draft = project / ".env.draft"
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("\n".join(filled) + "\n")
    draft.rename(env)


def write_files(folder: Path, keys: Keys) -> None:
    """Key files and demo people, open to containers; the folder is closed to other users."""
    seed = folder / "demo-seed.json"
    seed.unlink(missing_ok=True)
    seed.write_text(json.dumps(people.seed_file(keys), indent=1))
    # Empty where no company has a login of its own; whoever runs the portal writes it.
    company_login = folder / "company-login"
    company_login.touch()
    for path in (seed, keys.token_key_file, keys.token_jwks_file, company_login):
        path.chmod(0o444)


def _filled(line: str, keys: Keys) -> str:
    name, equals, value = line.partition("=")
    if name not in FILLED or not equals or value:
        return line
    made = {"LINK_KEYS": keys.link_keys, "IDENTITY_VAULT_KEYS": keys.vault_keys}
    return f"{name}={made.get(name) or keys.secret(name, token)}"


if __name__ == "__main__":
    sys.exit(main())
