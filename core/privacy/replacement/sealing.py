"""Sealed blocks: whoever has the public key can add one, only somebody who knows the passphrase can open it.

A block is encrypted to an X25519 key (RFC 7748): a fresh key for each block, HKDF-SHA256 (RFC 5869), AES-256-GCM (NIST
SP 800-38D) with a random 96-bit nonce. The private key is itself encrypted with AES-256-GCM under a key derived from the
passphrase by Argon2id with the second recommended parameters of RFC 9106, section 4 (3 passes, 64 MiB, 4 lanes); OWASP's
Password Storage Cheat Sheet asks for at least 19 MiB and 2 passes. What a block belongs to is authenticated with it.
"""

import json
import secrets
import unicodedata
from dataclasses import asdict, dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12
_KEY_BYTES = 32
_VERSION = b"garrison way back 1"
_PADDED_BYTES = 4096  # blocks grow in steps, so that their size says little about what they hold


class Refused(Exception):
    """The passphrase is wrong, or the block was changed or belongs elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KdfParameters:
    """How much work one guess at a passphrase costs; stored with the key, so that it can be raised later."""

    salt: str  # 16 random bytes, hexadecimal
    passes: int = 3
    memory_kib: int = 65_536
    lanes: int = 4

    def key(self, passphrase: str) -> bytes:
        """Derive 32 bytes from the passphrase, however its accents are typed (NFKC, as NIST SP 800-63B asks)."""
        kdf = Argon2id(
            salt=bytes.fromhex(self.salt),
            length=_KEY_BYTES,
            iterations=self.passes,
            lanes=self.lanes,
            memory_cost=self.memory_kib,
        )
        return kdf.derive(unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogatepass"))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """The public key in the clear, the private key encrypted under the passphrase, and how the passphrase becomes a key."""

    public_key: bytes
    locked_key: bytes
    parameters: str  # `KdfParameters` as JSON


def new_key_pair(passphrase: str, *, belongs_to: str) -> KeyPair:
    """Generate a key pair and lock its private key with `passphrase`."""
    private = X25519PrivateKey.generate()
    return _locked(private.private_bytes_raw(), private.public_key().public_bytes_raw(), passphrase, belongs_to=belongs_to)


def relock(key_pair: KeyPair, *, old: str, new: str, belongs_to: str) -> KeyPair:
    """Lock the same keys with another passphrase; what was sealed stays as it is.

    Raises:
        Refused: the old passphrase is wrong, or the stored key pair was changed.
    """
    return _locked(unlock(key_pair, old, belongs_to=belongs_to), key_pair.public_key, new, belongs_to=belongs_to)


def unlock(key_pair: KeyPair, passphrase: str, *, belongs_to: str) -> bytes:
    """Decrypt the private key.

    Raises:
        Refused: the passphrase is wrong, or the stored key pair was changed.
    """
    try:
        kdf = KdfParameters(**json.loads(key_pair.parameters))
        about = _about(belongs_to, b"key", key_pair.public_key + key_pair.parameters.encode())
        return _decrypted(kdf.key(passphrase), key_pair.locked_key, about)
    except (TypeError, ValueError) as error:  # somebody changed the parameters
        raise Refused from error


def seal(content: bytes, public_key: bytes, *, belongs_to: str, number: int) -> bytes:
    """Seal `content` into a block, without the passphrase; `number` is its place among the blocks of `belongs_to`."""
    own = X25519PrivateKey.generate()
    ephemeral = own.public_key().public_bytes_raw()
    key = _shared_key(own.exchange(X25519PublicKey.from_public_bytes(public_key)), ephemeral, public_key)
    padded = content + b" " * (-len(content) % _PADDED_BYTES)
    return ephemeral + _encrypted(key, padded, _about(belongs_to, b"block", str(number).encode()))


def unseal(block: bytes, private_key: bytes, *, belongs_to: str, number: int) -> bytes:
    """Decrypt the content of a block, which is padded with spaces at the end.

    Raises:
        Refused: the block was changed, moved or sealed for another key.
    """
    private = X25519PrivateKey.from_private_bytes(private_key)
    ephemeral = block[:_KEY_BYTES]
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(ephemeral))
    except ValueError as error:
        raise Refused from error
    key = _shared_key(shared, ephemeral, private.public_key().public_bytes_raw())
    return _decrypted(key, block[_KEY_BYTES:], _about(belongs_to, b"block", str(number).encode()))


def _locked(private: bytes, public: bytes, passphrase: str, *, belongs_to: str) -> KeyPair:
    kdf = KdfParameters(salt=secrets.token_hex(16))
    parameters = json.dumps(asdict(kdf), sort_keys=True)
    about = _about(belongs_to, b"key", public + parameters.encode())
    return KeyPair(public_key=public, locked_key=_encrypted(kdf.key(passphrase), private, about), parameters=parameters)


def _about(belongs_to: str, kind: bytes, detail: bytes) -> bytes:
    return b"\0".join((_VERSION, belongs_to.encode(), kind, detail))


def _shared_key(secret: bytes, ephemeral: bytes, public: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=_KEY_BYTES, salt=None, info=_VERSION + ephemeral + public).derive(secret)


def _encrypted(key: bytes, content: bytes, about: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, about)


def _decrypted(key: bytes, sealed: bytes, about: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about)
    except (InvalidTag, ValueError) as error:
        raise Refused from error
