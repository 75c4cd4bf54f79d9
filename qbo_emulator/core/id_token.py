"""Signing of id tokens with RS256, with a key made when the first one is asked for."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import secrets
from dataclasses import dataclass

ISSUER = "https://oauth.platform.intuit.com/op/v1"
# ASN.1 head that names SHA-256 in a PKCS #1 v1.5 signature (RFC 8017, section 9.2).
SHA256_HEAD = bytes.fromhex("3031300d060960864801650304020105000420")
EXPONENT = 65537
BITS = 1024
# Most candidates have a small factor, which one gcd finds far sooner than a power does.
SMALL_PRIMES = math.prod(
    number
    for number in range(3, 4000, 2)
    if all(number % other for other in range(3, math.isqrt(number) + 1, 2))
)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _number_text(number: int) -> str:
    return _text(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _is_prime(candidate: int) -> bool:
    """Miller and Rabin with twenty random bases."""
    odd, twos = candidate - 1, 0
    while odd % 2 == 0:
        odd //= 2
        twos += 1
    for _round in range(20):
        value = pow(secrets.randbelow(candidate - 3) + 2, odd, candidate)
        if value in (1, candidate - 1):
            continue
        for _square in range(twos - 1):
            value = value * value % candidate
            if value == candidate - 1:
                break
        else:
            return False
    return True


def _prime(bits: int) -> int:
    while True:
        candidate = secrets.randbits(bits) | (3 << (bits - 2)) | 1
        if candidate % EXPONENT != 1 and math.gcd(candidate, SMALL_PRIMES) == 1 and _is_prime(candidate):
            return candidate


@dataclass(frozen=True)
class _Key:
    modulus: int
    private: int
    name: str


class Signer:
    """Holds the key of this process; it is never stored."""

    def __init__(self) -> None:
        self._made: _Key | None = None

    @property
    def _key(self) -> _Key:
        if self._made is None:
            first, second = _prime(BITS), _prime(BITS)
            modulus = first * second
            private = pow(EXPONENT, -1, (first - 1) * (second - 1))
            self._made = _Key(modulus, private, hashlib.sha256(str(modulus).encode()).hexdigest()[:20])
        return self._made

    def public_key(self) -> dict[str, str]:
        """The key as the jwks document shows it."""
        key = self._key
        return {
            "kty": "RSA",
            "e": _number_text(EXPONENT),
            "use": "sig",
            "kid": key.name,
            "alg": "RS256",
            "n": _number_text(key.modulus),
        }

    def id_token(self, audience: str, realm_id: str, subject: object, now: int) -> str:
        """A signed token with the claims the vendor sends; `now` is epoch seconds."""
        key = self._key
        head = {"kid": key.name, "alg": "RS256"}
        claims = {
            "sub": subject,
            "aud": [audience],
            "realmid": realm_id,
            "auth_time": now,
            "iss": ISSUER,
            "exp": now + 3600,
            "iat": now,
        }
        signed = ".".join(_text(json.dumps(part).encode()) for part in (head, claims))
        digest = SHA256_HEAD + hashlib.sha256(signed.encode()).digest()
        length = (key.modulus.bit_length() + 7) // 8
        padded = b"\x00\x01" + b"\xff" * (length - len(digest) - 3) + b"\x00" + digest
        signature = pow(int.from_bytes(padded, "big"), key.private, key.modulus)
        return f"{signed}.{_text(signature.to_bytes(length, 'big'))}"
