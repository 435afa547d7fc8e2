"""Parameters of an operation, read from a message's body.

A body holds the operation's members, or it is the envelope of the connector of 2019: members under
``requestBody``, and next to it ``Action``, ``Version``, ``maxResults``, ``nextToken`` and the
``X-Amz-*`` inputs, whose names may have ``_`` for ``-``.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import orjson

from lib.component.errors import InvalidMessageError
from lib.component.operation.members import (
    CONTENT_SHA256,
    CREDENTIAL,
    DATE,
    JSON_TEXT_MEMBERS,
    PROTOCOL_INPUTS,
    SECURITY_TOKEN,
    SIGNATURE,
    SIGNED_HEADERS,
)
from lib.component.validation import Validator
from lib.component.wording import excerpt, type_name
from lib.ecr import CallerSignature

_PROTOCOL = {name.replace("-", "_"): name for name in PROTOCOL_INPUTS}
_PAGING = ("maxResults", "nextToken")
_DIGITS = re.compile(r"[0-9]{1,9}")
_SIGNING = (DATE, CREDENTIAL, SIGNED_HEADERS, SIGNATURE)


@dataclass(frozen=True)
class Parameters:
    """The parameters of an operation, and how to sign them.

    Args:
        members: The operation's members, in the order of the message.
        protocol: ``Action``, ``Version`` and the ``X-Amz-*`` inputs, with ``-`` in their names.
        payload: The members as compact UTF-8 JSON.
    """

    members: Mapping[str, Any] = field(repr=False)
    protocol: Mapping[str, str] = field(repr=False)
    payload: bytes = field(repr=False)

    def caller_signature(self) -> CallerSignature | None:
        """Return the signature that the caller computed; None if any part of it is missing."""
        if not all(name in self.protocol for name in _SIGNING):
            return None
        date, credential, signed_headers, signature = (self.protocol[name] for name in _SIGNING)
        return CallerSignature(
            date,
            credential,
            signed_headers,
            signature,
            self.protocol.get(SECURITY_TOKEN),
            self.protocol.get(CONTENT_SHA256),
        )

    def has_half_a_signature(self) -> bool:
        """Return whether some parts of a caller's signature are there, but not all."""
        return 0 < sum(name in self.protocol for name in _SIGNING) < len(_SIGNING)


def read(
    operation: str,
    body: Any,
    validator: Validator,
    chosen: Mapping[str, Any],
    lists: Iterable[tuple[str, ...]] = (),
) -> Parameters:
    """Read and check a message's body.

    Args:
        operation: The operation that the message is for.
        body: The message's body.
        validator: Checks the members and the protocol inputs.
        chosen: The members that the step's fields hold, for a body that lacks them.
        lists: The paths of lists of texts; one text with commas is split into its values.

    Raises:
        InvalidMessageError: All that is wrong with the body.
    """
    if not isinstance(body, dict):
        raise InvalidMessageError(operation, [f"body: got {type_name(body)}, expected an object"])
    members, protocol, faults = _open(body)
    for name, value in chosen.items():
        members.setdefault(name, value)
    for path in lists:
        _split(members, path)
    for name in JSON_TEXT_MEMBERS & members.keys():
        if isinstance(members[name], dict):
            try:
                members[name] = orjson.dumps(members[name]).decode()
            except orjson.JSONEncodeError as error:
                faults.append(f"{name}: got an object that can't be written as JSON: {error}")
    all_faults = chain(faults, validator.faults(members | protocol))
    if (first := next(all_faults, None)) is not None:
        raise InvalidMessageError(operation, chain([first], all_faults))
    payload = _payload(operation, members)
    digest = protocol.get(CONTENT_SHA256)
    if digest and digest != (actual := hashlib.sha256(payload).hexdigest()):
        raise InvalidMessageError(
            operation,
            [f"{CONTENT_SHA256}: got {digest}, expected {actual}, the digest of the payload"],
        )
    return Parameters(members, protocol, payload)


def _split(members: dict[str, Any], path: tuple[str, ...]) -> None:
    """Split the text at a path at its commas, if there is one; inner objects stay as they were."""
    name, *rest = path
    value = members.get(name)
    if rest and isinstance(value, dict):
        members[name] = dict(value)
        _split(members[name], tuple(rest))
    elif not rest and isinstance(value, str):
        members[name] = [one.strip() for one in value.split(",") if one.strip()]


def _payload(operation: str, members: Mapping[str, Any]) -> bytes:
    """Return members as JSON.

    Raises:
        InvalidMessageError: JSON can't express one of them, such as half a surrogate pair.
    """
    try:
        return orjson.dumps(members)
    except orjson.JSONEncodeError:
        raise InvalidMessageError(operation, _inexpressible(members)) from None


def _inexpressible(members: Mapping[str, Any]) -> Iterator[str]:
    for name, value in members.items():
        try:
            orjson.dumps(value)
        except orjson.JSONEncodeError as error:
            yield f"{name}: got a value that can't be written as JSON: {error}"


def _open(body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """Return a body's members, its protocol inputs, and the faults of its form."""
    members: dict[str, Any] = {}
    protocol: dict[str, Any] = {}
    faults = []
    for given_name, value in body.items():
        name = _PROTOCOL.get(given_name.replace("-", "_"))
        if name is None:
            members[given_name] = value
        elif name in protocol:
            faults.append(f"{name} is given twice")
        else:
            protocol[name] = value
    is_envelope = protocol or "requestBody" in members
    if is_envelope and isinstance(size := members.get("maxResults"), str):
        # It was a query parameter in 2019, so flows of that time may send it as text.
        members["maxResults"] = int(size) if _DIGITS.fullmatch(size) else size
    if "requestBody" in members:
        members = _unwrap(members, faults)
    return members, protocol, faults


def _unwrap(envelope: dict[str, Any], faults: list[str]) -> dict[str, Any]:
    """Return the members under ``requestBody``, joined with the paging inputs next to it."""
    members = envelope.pop("requestBody")
    if not isinstance(members, dict):
        faults.append(f"requestBody: got {type_name(members)}, expected an object")
        return {}
    members = dict(members)
    for name, value in envelope.items():
        if name not in _PAGING:
            faults.append(f"{excerpt(name)} is next to requestBody; move it into requestBody")
        elif name in members:
            faults.append(f"{name} is given twice, in requestBody and next to it")
        else:
            members[name] = value
    return members
