"""The platform's encryption of messages: AES-256-CBC with PKCS#7 padding.

docs/platform.md, "Encryption".
"""

from hashlib import sha256

from cryptography.hazmat.primitives.ciphers import Cipher as AesCbc
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from lib.sailor.errors import SailorError

_BLOCK = 16


class CipherError(SailorError):
    """A ciphertext is damaged, or was made with another password or IV."""


class Cipher:
    """Encrypts and decrypts with a flow's password; safe to use from any thread.

    The padding is done here: whole blocks go through in one call, and nothing is left to finalize.

    Args:
        password: The text whose SHA-256 is the key.
        iv: The initialisation vector, 16 bytes of UTF-8. The platform uses one for all messages.
    """

    def __init__(self, password: str, iv: str) -> None:
        self._cipher = AesCbc(AES(sha256(password.encode()).digest()), CBC(iv.encode()))

    def encrypt(self, plain: bytes) -> bytes:
        """Return the ciphertext of some bytes."""
        missing = _BLOCK - len(plain) % _BLOCK
        return self._cipher.encryptor().update(plain + bytes([missing]) * missing)

    def decrypt(self, encrypted: bytes) -> bytes:
        """Return the bytes behind a ciphertext.

        Raises:
            CipherError: It was not made with this password and IV.
        """
        if not encrypted or len(encrypted) % _BLOCK:
            raise CipherError(f"{len(encrypted)} bytes are not a whole number of cipher blocks")
        padded = self._cipher.decryptor().update(encrypted)
        padding = padded[-1]
        if not 1 <= padding <= _BLOCK or padded[-padding:] != bytes([padding]) * padding:
            raise CipherError("the padding is wrong: another password or IV?")
        return padded[:-padding]


def largest_plain(size: int) -> int:
    """Return how many bytes a ciphertext of some size can hold: at least one is padding."""
    return size // _BLOCK * _BLOCK - 1
