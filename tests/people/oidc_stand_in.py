"""A provider that says whatever a test wants, also what no honest one says."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc.jwk import ECKey

CLIENT, SECRET = "crm", "a-secret-of-the-client"


class StandIn:
    """The provider: `claims` are what the next id_token says, `key` what it is signed with."""

    def __init__(self) -> None:
        self.published = ec.generate_private_key(ec.SECP256R1())
        self.key: Any = self.published
        self.algorithm = "ES256"
        self.claims: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.document: dict[str, Any] = {}
        self.posts: list[dict[str, str]] = []
        self.status = 200
        self.token: dict[str, Any] | None = None
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, path: str) -> dict[str, Any]:
        if path == "/.well-known/openid-configuration":
            names = {"authorization": "auth", "token": "token", "userinfo": "me"}
            ends = {f"{name}_endpoint": f"{self.issuer}/{end}" for name, end in names.items()}
            return {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys", **ends, **self.document}
        if path == "/keys":
            public = ECKey.import_key(self.published.public_key()).as_dict(private=False)
            return {"keys": [{**public, "kid": "one", "use": "sig"}]}
        if path == "/token":
            if self.token is not None:
                return self.token
            signed = jwt.encode(self.claims, self.key, self.algorithm, headers={"kid": "one"})
            return {"access_token": "opens-the-profile", "token_type": "Bearer", "id_token": signed}
        return self.userinfo

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps(stand_in.answer(urlsplit(self.path).path)).encode()
                self.send_response(stand_in.status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                stand_in.posts.append({key: values[0] for key, values in parse_qs(text).items()})
                self.do_GET()

            def log_message(self, *_args: object) -> None:
                """Keep the test's output quiet."""

        return Handler

    def vouches(self, nonce: str, **more: Any) -> None:
        """Have it vouch for rob at the nonce of a sign-in; `more` replaces what it says, None leaves out."""
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": "rob-at-provider", "iat": now, "exp": now + 300, "auth_time": now,
            "nonce": nonce, "email": "rob@team.example", "email_verified": True, "name": "Rob", **more,
        }  # fmt: skip
        self.claims = {key: value for key, value in claims.items() if value is not None}
