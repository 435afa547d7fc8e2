"""The encryption of a flow's messages: see docs/platform.md, section "Encryption"."""

import base64
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lib.sailor.cipher import Cipher

_FIRST_BINARY_VERSION = 2


@dataclass(frozen=True)
class FlowCipher:
    """Encrypts and decrypts JSON values with the password of a flow.

    Args:
        password: ELASTICIO_MESSAGE_CRYPTO_PASSWORD.
        iv: ELASTICIO_MESSAGE_CRYPTO_IV, 16 characters of ASCII.
    """

    password: str = "correct horse battery staple"
    iv: str = "0123456789abcdef"

    @cached_property
    def _cipher(self) -> Cipher:
        return Cipher(self.password, self.iv)

    def encrypt(self, value: Any) -> bytes:
        """Return the raw ciphertext of a JSON value, as object storage holds it."""
        return self._cipher.encrypt(json.dumps(value, ensure_ascii=False).encode())

    def decrypt(self, ciphertext: bytes) -> Any:
        """Return the JSON value of a raw ciphertext.

        Raises:
            lib.sailor.cipher.CipherError: It was encrypted with another password, or is damaged.
        """
        return json.loads(self._cipher.decrypt(ciphertext))

    def encode(self, value: Any, version: int = 1) -> bytes:
        """Return the AMQP payload that carries a JSON value.

        Args:
            value: The value.
            version: The protocol version: base64 text in version 1, raw ciphertext from 2 on.
        """
        ciphertext = self.encrypt(value)
        return ciphertext if version >= _FIRST_BINARY_VERSION else base64.b64encode(ciphertext)

    def decode(self, payload: bytes | str, version: int = 1) -> Any:
        """Return the JSON value that an AMQP payload carries.

        Args:
            payload: The payload; a text only in version 1.
            version: The protocol version: base64 text in version 1, raw ciphertext from 2 on.

        Raises:
            ValueError: The payload is not base64 text, although the version asks for it.
            lib.sailor.cipher.CipherError: It was encrypted with another password, or is damaged.
        """
        if version < _FIRST_BINARY_VERSION:
            return self.decrypt(base64.b64decode(payload, validate=True))
        return self.decrypt(payload.encode() if isinstance(payload, str) else payload)
