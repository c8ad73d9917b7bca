"""What the OpenAPI document says that no service knows: logging in, problems, the way to call."""

from typing import Any, Final

INFO: Final = {
    "title": "Tanggap",
    "version": "1",
    "summary": "Tickets of an internet provider's customers.",
    "description": (
        "Log in with `POST /api/v1/session`; the session is a cookie. Unsafe calls send the "
        "`csrf_token` of that answer as `X-CSRF-Token`.\n\n"
        "Programs send an API key as `Authorization: Bearer tgp_…` instead; staff make it at "
        "`/admin/api-keys`. It can do what its scopes say and its maker still may, from the "
        "addresses that it was given. Each answer to it says in `RateLimit-Policy` and `RateLimit` "
        "how many calls a minute it has and how many are left; beyond that comes 429 with "
        "`Retry-After`.\n\n"
        "Creating POSTs take an `Idempotency-Key`: the same request sent again has no second "
        "effect. Answers carry an `ETag`; an edit with `If-Match` gets 412 when somebody was "
        "faster. Lists are pages: go on with `?cursor=` and the value of `next`.\n\n"
        "Errors are problems (RFC 9457) with a stable `type`; words come in the language of "
        "`Accept-Language`, Indonesian or English. A body holds at most 1 MB, an upload 10 MB."
    ),
}

SECURITY: Final = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "session",
        "description": "`__Host-session` where the portal is served over https.",
    },
    "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
    "key": {"type": "http", "scheme": "bearer", "description": "An API key."},
}

_TEXT: Final = {"type": "string"}

PROBLEM_SCHEMAS: Final[dict[str, Any]] = {
    "Problem": {
        "type": "object",
        "description": "What went wrong (RFC 9457).",
        "required": ["type", "title", "status"],
        "properties": {
            "type": {"type": "string", "examples": ["urn:tanggap:ticket-not-found"]},
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": _TEXT,
            "params": {"type": "object"},
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldProblem"}},
        },
    },
    "FieldProblem": {
        "type": "object",
        "description": "One fault of one input field.",
        "required": ["pointer", "detail", "code"],
        "properties": {
            "pointer": {
                "type": "string",
                "description": "RFC 6901 pointer into the body, or `?name` of a query parameter.",
            },
            "detail": _TEXT,
            "code": _TEXT,
            "params": {"type": "object"},
        },
    },
}

LOGGED_IN: Final[dict[str, Any]] = {
    "LogInWithPassword": {
        "type": "object",
        "required": ["email", "password"],
        "additionalProperties": False,
        "properties": {
            "email": {"type": "string", "format": "email"},
            "password": {"type": "string", "format": "password"},
        },
    },
    "LoggedIn": {
        "type": "object",
        "description": "The person; the session itself is in the cookie.",
        "required": ["user", "csrf_token"],
        "properties": {
            "user": {"$ref": "#/components/schemas/UserBrief"},
            "csrf_token": {
                "type": "string",
                "description": "Goes into X-CSRF-Token of every unsafe call.",
            },
            "recovery_codes": {
                "type": "array",
                "items": _TEXT,
                "description": "Where new ones were made; they are never shown again.",
            },
        },
    },
    "CodeNeeded": {
        "type": "object",
        "description": "The password was right; send a code to /session/second-step.",
        "required": ["second_step", "expires_at"],
        "properties": {
            "second_step": {"type": "string", "enum": ["code"]},
            "expires_at": {"type": "string", "format": "date-time"},
        },
    },
    "TypeCode": {
        "type": "object",
        "required": ["code"],
        "additionalProperties": False,
        "properties": {
            "code": {
                "type": "string",
                "minLength": 1,
                "maxLength": 40,
                "description": "Six digits of the app, or a recovery code.",
            },
        },
    },
}


def session_paths(prefix: str) -> dict[str, Any]:
    """Logging in and out."""
    problem = {
        "description": "A problem (RFC 9457).",
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
        },
    }
    logged_in = {
        "description": "Logged in; the session is in the cookie.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/LoggedIn"}}},
    }
    body = {
        "required": True,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/LogInWithPassword"}}
        },
    }
    code_needed = {
        "description": "The password was right, and the second step is on.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/CodeNeeded"}}},
    }
    return {
        prefix + "/session": {
            "post": {
                "tags": ["session"],
                "summary": "Log In",
                "operationId": "log_in",
                "requestBody": body,
                "responses": {"201": logged_in, "202": code_needed, "default": problem},
                "security": [],
            },
            "delete": {
                "tags": ["session"],
                "summary": "Log Out",
                "operationId": "log_out",
                "responses": {"204": {"description": "Logged out."}, "default": problem},
                "security": [{"session": [], "csrf": []}],
            },
        },
        prefix + "/session/second-step": {
            "post": {
                "tags": ["session"],
                "summary": "Finish Log In",
                "operationId": "finish_log_in",
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/TypeCode"}}
                    },
                },
                "responses": {"201": logged_in, "default": problem},
                "security": [],
            },
        },
    }
