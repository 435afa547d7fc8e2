"""Times in results: seconds since 1970 on the wire, RFC 3339 in messages."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.utils import parse_timestamp

Convert = Callable[[Any], Any]

# Times here are UTC without a zone: a result can hold thousands, and zones cost a third more.
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001


def converter(schema: Mapping[str, Any]) -> Convert | None:
    """Return a function that writes times in RFC 3339 UTC, such as ``2025-01-01T00:00:00.123Z``.

    Args:
        schema: The schema of a result; a time has the format ``date-time``.

    Returns:
        A function that takes a result, changes it in place and returns it; None if results have
        no times.
    """
    if schema.get("format") == "date-time":
        return rfc3339
    if "items" in schema:
        convert_item = converter(schema["items"])
        return convert_item and _each(convert_item)
    members = {
        name: convert
        for name, member in schema.get("properties", {}).items()
        if (convert := converter(member))
    }
    return _members(members) if members else None


def _each(convert_item: Convert) -> Convert:
    def convert(items: Any) -> Any:
        if isinstance(items, list):
            items[:] = map(convert_item, items)
        return items

    return convert


def _members(converters: Mapping[str, Convert]) -> Convert:
    def convert(structure: Any) -> Any:
        if isinstance(structure, dict):
            for name, convert_member in converters.items():
                if name in structure:
                    structure[name] = convert_member(structure[name])
        return structure

    return convert


def rfc3339(value: Any) -> Any:
    """Return a time as messages have it; a value that is no time is returned unchanged."""
    try:
        if isinstance(value, str):
            time = parse_timestamp(value).astimezone(UTC).replace(tzinfo=None)
        else:
            time = _EPOCH + timedelta(seconds=value)
    except (TypeError, ValueError, OverflowError, OSError):
        return value
    return time.isoformat(timespec="milliseconds") + "Z"
