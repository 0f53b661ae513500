"""Keys of DKIM: RSA of at least 2048 bits (RFC 8301 §3.2) and Ed25519 (RFC 8463), and what the DNS says of them."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

LEAST_BITS = 2048
"""Of an RSA key; a verifier may laugh at less."""


class UnfitKeyError(ValueError):
    """No key to sign with; the text is a code of the translations."""


@dataclass(frozen=True, slots=True)
class DkimKey:
    """`kind` is `rsa` or `ed25519`; `public` are the forms in which a record may hold the public key, the usual first
    (RFC 6376 §3.6.1 and its erratum 3017)."""

    kind: str
    private: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)
    public: tuple[bytes, ...] = field(repr=False)

    @property
    def record(self) -> str:
        """What the DNS has to say."""
        return f"v=DKIM1; k={self.kind}; p={base64.b64encode(self.public[0]).decode()}"

    def sign(self, digest: bytes) -> bytes:
        """The signature of what has this SHA-256."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(digest, PKCS1v15(), Prehashed(hashes.SHA256()))
        return self.private.sign(digest)


def read_key(pem: str) -> DkimKey:
    """The key in a PEM text, which is not encrypted. Raises `UnfitKeyError`, without repeating any of it."""
    try:
        private = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UnfitKeyError("dkim_key_unreadable") from None
    if isinstance(private, Ed25519PrivateKey):
        return DkimKey("ed25519", private, (private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw),))
    if not isinstance(private, RSAPrivateKey):
        raise UnfitKeyError("dkim_key_of_another_kind")
    if private.key_size < LEAST_BITS:
        raise UnfitKeyError("dkim_key_too_short")
    forms = (PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1)
    return DkimKey("rsa", private, tuple(private.public_key().public_bytes(Encoding.DER, form) for form in forms))
