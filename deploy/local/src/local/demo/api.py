"""The public API as one logged-in person uses it."""

import http.client
import json
import time
import uuid
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from local.ports import LOOPBACK

PATIENCE = 30.0


class Refused(Exception):
    """The portal answered with an error; `status` and `problem` tell which."""

    def __init__(self, call: str, status: int, problem: Any) -> None:
        super().__init__(f"{call} was answered {status}: {problem}")
        self.status = status
        self.problem = problem


class Person:
    """A session of one person. Connects to the loopback port whatever the portal's public name."""

    def __init__(self, url: str, port: int, email: str, password: str) -> None:
        self._host = urlsplit(url).netloc
        self._port = port
        self._cookies: dict[str, str] = {}
        self._csrf_token = ""
        answer = self.call("POST", "/session", {"email": email, "password": password})
        self._csrf_token = answer["csrf_token"]
        self.user: dict[str, Any] = answer["user"]

    def call(self, method: str, path: str, body: object = None, key: str = "") -> dict[str, Any]:
        """One call under /api/v1; `key` makes a repetition harmless. Raises Refused."""
        content = None if body is None else json.dumps(body).encode()
        return self._send(method, path, content, "application/json", key)

    def upload(self, path: str, name: str, content: bytes, key: str) -> dict[str, Any]:
        """Send one file as a form does."""
        edge = uuid.uuid5(uuid.NAMESPACE_OID, key).hex
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        form = head.encode() + content + f"\r\n--{edge}--\r\n".encode()
        return self._send("POST", path, form, f"multipart/form-data; boundary={edge}", key)

    def _send(
        self, method: str, path: str, content: bytes | None, media_type: str, key: str
    ) -> dict[str, Any]:
        connection = http.client.HTTPConnection(LOOPBACK, self._port, timeout=30)
        try:
            headers = self._headers(key) | {"Content-Type": media_type}
            connection.request(method, f"/api/v1{path}", content, headers)
            response = connection.getresponse()
            answer = _decoded(response.read())
        finally:
            connection.close()
        if response.status >= http.HTTPStatus.BAD_REQUEST:
            raise Refused(f"{method} {path}", response.status, answer)
        for cookie in response.headers.get_all("Set-Cookie") or ():
            self._cookies.update({name: m.value for name, m in SimpleCookie(cookie).items()})
        return answer

    def insist(self, method: str, path: str, body: object) -> dict[str, Any]:
        """Call until it is accepted: what it names may be on its way from another service."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self.call(method, path, body)
            except Refused:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.3)

    def _headers(self, key: str) -> dict[str, str]:
        headers = {"Host": self._host}
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self._cookies.items())
        if self._csrf_token:
            headers["X-CSRF-Token"] = self._csrf_token
        if key:
            headers["Idempotency-Key"] = str(uuid.uuid5(uuid.NAMESPACE_OID, key))
        return headers


def _decoded(content: bytes) -> dict[str, Any]:
    answer = json.loads(content) if content else {}
    return answer if isinstance(answer, dict) else {"items": answer}
