"""Ed25519 signatures of manifests (RFC 8032). The only module here with a dependency beyond Python's own: `cryptography`."""

import base64
import hashlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from core.errors import Hint, SetupError


def make_key(path: Path) -> str:
    """Write a new private key to `path` (PEM, readable only by its owner), its public key beside it; return the fingerprint.

    Raises:
        SetupError: One of the files exists already.
    """
    public = path.with_suffix(".pub.pem")
    if path.exists() or public.exists():
        raise SetupError(
            f"{path if path.exists() else public} is there already.", "Choose another name; a key is never overwritten."
        )
    key = Ed25519PrivateKey.generate()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
    public.write_bytes(public_pem(key))
    return fingerprint(public.read_bytes())


def load_private(path: Path) -> Ed25519PrivateKey:
    """Load the private key from a PEM file without a passphrase.

    Raises:
        SetupError: The file cannot be read or is not an Ed25519 key.
    """
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SetupError(
            f"{path} is no private key that can be used.", Hint("Make a new one.", command="python3 installer key FILE")
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SetupError(f"{path} is no Ed25519 key.", Hint("Make a new one.", command="python3 installer key FILE"))
    return key


def public_pem(key: Ed25519PrivateKey) -> bytes:
    """Return the public key of `key` as PEM."""
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def sign(content: bytes, key: Ed25519PrivateKey) -> bytes:
    """Return the signature of `content` as one line of base64."""
    return base64.b64encode(key.sign(content)) + b"\n"


def fingerprint(pem: bytes) -> str:
    """Return the SHA-256 of a public key in hexadecimal, as `openssl pkey -pubin -in FILE -outform DER | sha256sum` does.

    Raises:
        SetupError: `pem` is not an Ed25519 public key.
    """
    der = _load_public(pem).public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def is_signed(content: bytes, signature: bytes, pem: bytes) -> bool:
    """Return whether `signature` (base64) over `content` was made with the private key that belongs to `pem`.

    Raises:
        SetupError: `pem` is not an Ed25519 public key.
    """
    key = _load_public(pem)
    try:
        key.verify(base64.b64decode(signature, validate=False), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _load_public(pem: bytes) -> Ed25519PublicKey:
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SetupError("This is no public key in PEM form.", "Give the file that came with the signing key.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise SetupError("This is no Ed25519 public key.", "Give the file that came with the signing key.")
    return key
