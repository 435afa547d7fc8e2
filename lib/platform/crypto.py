"""How the platform encrypts messages: AES-256-CBC under the SHA-256 of a password.

Written from PLATFORM.md alone, so that it can judge the runtime.
"""

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher as Aes
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC


@dataclass(frozen=True)
class Cipher:
    """A flow's keys.

    Args:
        password: MESSAGE_CRYPTO_PASSWORD.
        iv: MESSAGE_CRYPTO_IV, 16 characters.
    """

    password: str = "correct horse battery staple"
    iv: str = "0123456789abcdef"

    def _aes(self) -> Aes[CBC]:
        key = hashlib.sha256(self.password.encode()).digest()
        return Aes(AES256(key), CBC(self.iv.encode()))

    def encrypt(self, payload: Any) -> bytes:
        """Return a payload as raw ciphertext, as protocol version 2 and object storage hold it."""
        pad = padding.PKCS7(128).padder()
        text = pad.update(json.dumps(payload, ensure_ascii=False).encode()) + pad.finalize()
        encryptor = self._aes().encryptor()
        return encryptor.update(text) + encryptor.finalize()

    def decrypt(self, ciphertext: bytes) -> Any:
        """Return the payload behind raw ciphertext."""
        decryptor = self._aes().decryptor()
        text = decryptor.update(ciphertext) + decryptor.finalize()
        unpad = padding.PKCS7(128).unpadder()
        return json.loads(unpad.update(text) + unpad.finalize())

    def encode(self, payload: Any, version: int = 1) -> bytes:
        """Return a payload as the content of an AMQP message of a protocol version."""
        ciphertext = self.encrypt(payload)
        return ciphertext if version >= 2 else base64.b64encode(ciphertext)  # noqa: PLR2004

    def decode(self, content: bytes | str, version: int = 1) -> Any:
        """Return the payload behind the content of an AMQP message of a protocol version."""
        if version >= 2:  # noqa: PLR2004
            assert isinstance(content, bytes)
            return self.decrypt(content)
        return self.decrypt(base64.b64decode(content, validate=True))
