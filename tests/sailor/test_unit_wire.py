"""Messages on the wire: the documented format, and what is no message."""

import base64
import hashlib
import json

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher as Aes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7
from hypothesis import given
from hypothesis import strategies as st

from lib.sailor import json_text, wire
from lib.sailor.cipher import Cipher, CipherError
from lib.sailor.errors import InvalidPayloadError
from lib.sailor.headers import IncomingHeaders
from lib.sailor.settings import UNBOUNDED, Settings
from tests.support.settings import ENVIRON

PASSWORD, IV = "correct horse", "0123456789abcdef"
CIPHER = Cipher(PASSWORD, IV)


def encrypted_by_the_book(plain: bytes) -> bytes:
    padder = PKCS7(128).padder()
    key = hashlib.sha256(PASSWORD.encode()).digest()
    encryptor = Aes(AES(key), CBC(IV.encode())).encryptor()
    return encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()


@given(st.binary(max_size=100))
def test_the_cipher_is_the_documented_one(plain: bytes) -> None:
    encrypted = CIPHER.encrypt(plain)

    assert encrypted == encrypted_by_the_book(plain)
    assert CIPHER.decrypt(encrypted) == plain


@pytest.mark.parametrize("damaged", [b"", b"x" * 15, b"x" * 16, b"x" * 160])
def test_a_damaged_ciphertext_is_refused(damaged: bytes) -> None:
    with pytest.raises(CipherError):
        CIPHER.decrypt(damaged)


@pytest.mark.parametrize(("version", "decoded"), [(1, base64.b64decode), (2, bytes), (3, bytes)])
def test_the_version_says_how_a_payload_is_written(version: int, decoded: type[bytes]) -> None:
    message = {"body": {"text": "Grüße"}, "headers": {"a": 1}}

    content = wire.encode(message, CIPHER, version)

    assert json.loads(CIPHER.decrypt(decoded(content))) == message
    assert wire.decode(content, {"protocolVersion": version}, CIPHER) == message


def test_a_message_gets_headers_and_the_place_to_reply_to() -> None:
    content = wire.encode({"body": 1}, CIPHER)

    assert wire.decode(content, {}, CIPHER) == {"body": 1, "headers": {}}
    assert wire.decode(content, {"reply_to": "r"}, CIPHER)["headers"] == {"reply_to": "r"}


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        pytest.param(b"", {}, id="nothing"),
        pytest.param(b"no base64!", {}, id="no base64"),
        pytest.param(wire.encode("text", CIPHER), {}, id="no object"),
        pytest.param(base64.b64encode(CIPHER.encrypt(b"{")), {}, id="no JSON"),
        pytest.param(base64.b64encode(CIPHER.encrypt(b'{"a": NaN}')), {}, id="no JSON number"),
        pytest.param(wire.encode({}, CIPHER), {"protocolVersion": 2}, id="another version"),
        pytest.param(wire.encode({}, CIPHER), {"protocolVersion": "x"}, id="no version"),
        pytest.param(wire.encode({}, Cipher("other", IV)), {}, id="another password"),
    ],
)
def test_what_is_no_message_is_refused(content: bytes, headers: dict[str, object]) -> None:
    with pytest.raises(InvalidPayloadError):
        wire.decode(content, headers, CIPHER)


def test_a_message_of_the_error_queue_has_encrypted_members() -> None:
    error = wire.encode({"message": "oops"}, CIPHER).decode()
    content = json.dumps({"error": error, "errorInput": error, "more": 1}).encode()

    message = wire.decode(content, {"messageId": "m"}, CIPHER, is_error=True)

    assert message == {
        "body": {"error": {"message": "oops"}, "errorInput": {"message": "oops"}, "more": 1},
        "headers": {"messageId": "m"},
    }
    with pytest.raises(InvalidPayloadError):
        wire.decode(b"[]", {}, CIPHER, is_error=True)


def test_half_a_surrogate_pair_survives() -> None:
    # Node writes this when a step cuts a text in the middle of an emoji.
    text = b'{"body":{"text":"\\ud83d"}}'

    assert json_text.dump(json_text.parse(text)) == text


def test_what_orjson_can_not_write_is_written_all_the_same() -> None:
    assert json.loads(json_text.dump({1: 2**70})) == {"1": 2**70}


def test_what_json_can_not_express_is_refused() -> None:
    endless: list[object] = []
    endless.append(endless)

    for value in ({"a": object()}, endless, {1: float("nan")}):
        with pytest.raises(TypeError):
            json_text.dump(value)


def test_the_input_of_an_error_is_base64_whatever_its_version() -> None:
    encrypted = CIPHER.encrypt(b'{"body":1}')
    error = b"ZXJyb3I="

    def error_input(content: bytes | None, version: int, *, is_error: bool = False) -> object:
        payload = wire.encode_error(error, content, version, CIPHER, is_error=is_error)
        assert json.loads(payload)["error"] == error.decode()
        return json.loads(payload).get("errorInput")

    expected = base64.b64encode(encrypted).decode()
    assert error_input(encrypted, 2) == expected
    assert error_input(base64.b64encode(encrypted), 1) == expected
    assert error_input(b'{"body":1}', 1, is_error=True) == expected
    assert error_input(None, 1) is None


def test_a_thread_goes_on_or_begins() -> None:
    assert IncomingHeaders.read({"threadId": "t", "x-eio-meta-trace-id": "u"}).thread_id == "t"
    assert IncomingHeaders.read({"X-Eio-Meta-Trace-Id": "u"}).thread_id == "u"
    assert len({IncomingHeaders.read({}).thread_id for _ in range(3)}) == 3


def test_meta_headers_travel_in_lower_case() -> None:
    origin = IncomingHeaders.read({"X-EIO-Meta-Foo": 1, "x-other": 2})

    assert origin.meta == {"x-eio-meta-foo": 1}


def test_log_lines_name_what_is_known() -> None:
    origin = IncomingHeaders.read({"threadId": "t", "messageId": "m"})

    assert origin.log_context() == {"threadId": "t", "messageId": "m"}


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("limit", [1000, 1001, 1023, 1024])
def test_the_largest_message_fits_and_a_byte_more_does_not(version: int, limit: int) -> None:
    settings = Settings.read(
        ENVIRON
        | {
            "ELASTICIO_OUTGOING_MESSAGE_SIZE_LIMIT": str(limit),
            "ELASTICIO_PROTOCOL_VERSION": str(version),
        }
    )

    def size(plain: int) -> int:
        return len(wire.encode("x" * (plain - 2), CIPHER, version))  # it has two quotes

    largest = wire.largest_message(settings)
    assert size(largest) <= limit < size(largest + 1)


def test_the_object_storage_takes_messages_of_any_size() -> None:
    settings = Settings.read(ENVIRON | {"ELASTICIO_EMIT_LIGHTWEIGHT_MESSAGE": "true"})

    assert wire.largest_message(settings) == UNBOUNDED
