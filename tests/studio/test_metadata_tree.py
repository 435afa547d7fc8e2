"""The rows of the mapper."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.studio.metadata_tree import Help, Member, Path, content_at, members, with_content

SCHEMA = {
    "type": "object",
    "properties": {
        "note": {"type": "string"},
        "tag": {
            "title": "Image Tag",
            "type": "string",
            "order": 3,
            "help": {"description": "The tag."},
            "description": "Not this one.",
            "examples": ["1.4.2"],
            "default": False,
        },
        "ids": {
            "title": "Image IDs",
            "type": "array",
            "order": 9,
            "required": True,
            "items": {
                "type": "object",
                "properties": {"digest": {"type": "string", "required": True}},
            },
        },
        "tags": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}, "order": 1},
        "filter": {"type": "object", "properties": {"status": {"type": ["string", "null"]}}},
    },
}
KEYS = st.sampled_from(["a", "b", "c"])
MAPPINGS = st.recursive(
    st.just("x"),
    lambda inner: st.dictionaries(KEYS, inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=6,
)


def rows(mapper: dict[str, Any]) -> dict[str, Member]:
    return {row.key: row for row in members(SCHEMA, mapper)}


def test_members_come_in_the_order_of_the_metadata() -> None:
    assert [*rows({})] == ["ids", "tag", "tags", "note", "filter"]


def test_a_row_has_the_title_type_and_help_of_the_metadata() -> None:
    row = rows({})["tag"]

    assert (row.title, row.type, row.is_required) == ("Image Tag", "string", False)
    assert row.help == Help("The tag.", ("1.4.2",), False, ())
    assert rows({})["note"].title == "note"
    assert not rows({})["note"].help


def test_types_are_named_as_json_names_them() -> None:
    types = {key: row.type for key, row in rows({"new": "x"}).items()}

    assert types["ids"] == "array of objects"
    assert types["tags"] == "array of strings"
    assert types["new"] == "any"
    assert rows({})["filter"].members[0].type == "string or null"


def test_a_list_of_plain_values_has_the_help_of_its_items() -> None:
    assert rows({})["tags"].help.allowed == ("a", "b")


def test_a_required_member_is_missing_until_it_is_mapped() -> None:
    assert rows({})["ids"].is_missing
    assert not rows({"ids": "x"})["ids"].is_missing
    assert not rows({})["tag"].is_missing


def test_each_item_of_a_list_has_the_members_of_the_metadata() -> None:
    row = rows({"ids": [{"digest": "x"}, {}]})["ids"]

    assert [item.title for item in row.members] == ["Item 1", "Item 2"]
    assert row.members[0].members[0].path == ("ids", 0, "digest")
    assert row.members[0].members[0].content == "x"
    assert row.members[1].members[0].is_missing
    assert all(item.is_removable for item in row.members)


def test_what_the_metadata_lack_comes_last_and_can_be_removed() -> None:
    known, unknown = (
        rows({"tag": "x", "oops": {"a": "y"}})["tag"],
        [*rows({"oops": {"a": "y"}}).values()][-1],
    )

    assert known.is_known
    assert not known.is_removable
    assert (unknown.key, unknown.is_known, unknown.is_removable) == ("oops", False, True)
    assert unknown.members[0].path == ("oops", "a")


@given(st.dictionaries(KEYS, MAPPINGS), st.lists(KEYS, min_size=1, max_size=3).map(tuple))
def test_a_part_that_is_put_somewhere_is_found_there(mapper: dict[str, Any], path: Path) -> None:
    assert content_at(with_content(mapper, path, "new"), path) == "new"
    assert content_at(with_content(mapper, path, None), path) is None


@pytest.mark.parametrize(
    ("mapper", "path", "content", "expected"),
    [
        ({"a": {"b": "x"}}, ("a", "b"), None, {}),
        ({"a": {"b": "x"}, "c": "y"}, ("a", "b"), None, {"c": "y"}),
        ({"a": [{"b": "x"}]}, ("a", 0, "b"), None, {"a": [{}]}),
        ({"a": [{"b": "x"}, {"b": "y"}]}, ("a", 0), None, {"a": [{"b": "y"}]}),
        ({"a": [{}]}, ("a", 0), None, {"a": []}),
        ({"a": [{}]}, ("a", 1), {}, {"a": [{}, {}]}),
        ({"a": "x"}, ("a", "b"), "y", {"a": {"b": "y"}}),
    ],
)
def test_objects_that_are_emptied_go_and_items_stay(
    mapper: dict[str, Any], path: Path, content: Any, expected: Any
) -> None:
    before = repr(mapper)

    assert with_content(mapper, path, content) == expected
    assert repr(mapper) == before
