"""docs/platform.md: its values are those of the code, and its links lead somewhere."""

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import fields
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC

from lib.sailor.settings import UNBOUNDED, Settings
from tests.support.platform_page import PAGE, blocks, rows, section, titles

OF_OTHERS = {"LOG_LEVEL", "ADDITIONAL_VARS_FOR_HEADERS"}  # not one field each of the settings


def shown(default: object) -> str:
    """Return a default as the page writes it."""
    if default == UNBOUNDED:
        return "unlimited"
    return f"`{str(default).lower()}`" if default != "" else ""


def values() -> dict[str, str]:
    """Return the example of the encryption."""
    return {row[0]: row[1].strip("`") for row in rows("Encryption")}


def decrypted(text: str, example: Mapping[str, str]) -> Any:
    """Return what a payload of version 1 holds, with the password and the IV of the example."""
    key = sha256(example["password"].encode()).digest()
    aes = Cipher(AES256(key), CBC(example["IV"].encode())).decryptor()
    unpad = padding.PKCS7(128).unpadder()
    padded = aes.update(b64decode(text, validate=True)) + aes.finalize()
    return json.loads(unpad.update(padded) + unpad.finalize())


def test_the_page_has_the_sections_that_docstrings_cite() -> None:
    assert titles() == [
        "Life of a step",
        "The descriptor",
        "Environment",
        "Messages on the wire",
        "Encryption",
        "AMQP headers",
        "Events",
        "Errors and rebounds",
        "Passthrough",
        "Large messages",
        "Snapshots",
        "REST API",
        "Design-time services",
        "Logs",
        "Flows as files",
        "Topology",
    ]


def test_each_setting_is_listed_with_its_default() -> None:
    listed = {row[0].strip("`"): row[1] for row in rows("Environment") if len(row) == 3}
    required = {row[0].strip("`") for row in rows("Environment") if len(row) == 2}
    known = (field for field in fields(Settings) if field.name != "additional_headers")
    settings = {field.name.upper(): field for field in known}

    assert (listed.keys() | required) - {"name"} - OF_OTHERS == settings.keys()
    for name, default in listed.items():
        if name in settings:
            assert default == shown(settings[name].default), name


def test_the_example_of_the_encryption_is_right() -> None:
    example = values()
    plain = json.loads(example["plaintext, 38 bytes"])

    assert len(example["plaintext, 38 bytes"]) == 38
    assert decrypted(example["ciphertext, 48 bytes, as base64"], example) == plain
    assert sha256(example["password"].encode()).hexdigest() == example["key, in hexadecimal"]
    assert f"-K {example['key, in hexadecimal']} " in section("Encryption")
    assert f"-iv {example['IV'].encode().hex()}" in section("Encryption")


def test_the_message_is_what_its_payload_holds() -> None:
    message, headers = map(json.loads, blocks("Messages on the wire", "json"))
    [payload] = blocks("Messages on the wire", "text")

    assert headers["protocolVersion"] == 1
    assert decrypted(payload.strip(), values()) == message
    assert headers["messageId"] == message["id"]
    assert headers["stepId"] in message["passthrough"]


def test_each_link_leads_to_a_heading() -> None:
    for target in re.findall(r"\]\((?!https:)([^)]+)\)", PAGE.read_text()):
        name, _, anchor = target.partition("#")
        text = (PAGE.parent / name if name else PAGE).read_text()
        headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        anchors = {re.sub(r"[^\w -]", "", it.lower()).replace(" ", "-") for it in headings}
        assert anchor in anchors, target
