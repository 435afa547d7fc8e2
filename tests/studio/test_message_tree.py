"""Messages as trees and as single lines."""

from typing import Any

from lib.studio import message_tree


def shown(value: Any) -> dict[str, str]:
    return {node["id"]: node["text"] for node in message_tree.nodes(value)}


def test_each_value_has_its_type_and_what_is_shown_of_it() -> None:
    values = {"a": "text", "b": 1.5, "c": True, "d": None, "e": [], "f": {}, "g": {"h": 1}}
    assert [(node["name"], node["kind"], node["text"]) for node in message_tree.nodes(values)] == [
        ("a", "string", "text"),
        ("b", "number", "1.5"),
        ("c", "boolean", "true"),
        ("d", "null", "null"),
        ("e", "array", "0 items"),
        ("f", "object", "{}"),
        ("g", "object", ""),
    ]


def test_ids_are_json_pointers() -> None:
    [images] = message_tree.nodes({"images": [{"tag": "1"}, {"tag": "2"}]})
    assert images["text"] == "2 items"
    assert [child["id"] for child in images["children"]] == ["/images/0", "/images/1"]
    assert images["children"][1]["children"][0]["id"] == "/images/1/tag"


def test_members_whose_names_hold_slashes_have_ids_of_their_own() -> None:
    first, second = message_tree.nodes({"a": {"b": 1}, "a/b": 2})
    assert first["children"][0]["id"] != second["id"]


def test_of_a_long_array_the_rest_is_counted() -> None:
    found = shown([*range(1250)])
    assert len(found) == 201
    assert [*found.values()][-1] == "1,050 more in the JSON"


def test_as_many_levels_are_open_as_fit() -> None:
    few = message_tree.nodes({"body": {"image": {"tag": "1"}}})
    many = message_tree.nodes({"body": [{"n": n} for n in range(39)]})
    assert message_tree.opened(few) == ["/body", "/body/image", "/body/image/tag"]
    assert message_tree.opened(many) == ["/body"]


def test_a_line_is_the_beginning_of_the_json_without_its_line_breaks() -> None:
    assert message_tree.line({"a": [1]}) == '{"a":[1]}'
    assert message_tree.line("two\n  lines") == "two lines"
    assert message_tree.line("x" * 300) == "x" * 200 + "…"


def test_what_json_can_barely_express_is_shown_too() -> None:
    assert "123456789012345678901234567890" in message_tree.indented(
        {"n": 123456789012345678901234567890}
    )
    assert message_tree.indented({"a": 1}) == '{\n  "a": 1\n}'
