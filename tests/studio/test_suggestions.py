"""Paths that an expression can use."""

from lib.platform.mapping import Mapper
from lib.sailor.step import Message
from lib.studio.suggestions import suggestions

MESSAGE = {"body": {"tags": ["1", "2"], "images": [{"image-id": {"tag": "x"}}], "n": None}}
TRAIL: dict[str, Message] = {"step_1": {"body": {"time": "t"}}, "step_2": {"body": []}}


def test_all_paths_of_the_message_come_first_then_those_of_the_latest_step() -> None:
    found = [one.text for one in suggestions(MESSAGE, TRAIL)]

    assert found == [
        "tags",
        "tags[0]",
        "images",
        "images[0]",
        "images[0].`image-id`",
        "images[0].`image-id`.tag",
        "n",
        "elasticio.step_2.body",
        "elasticio.step_1.body",
        "elasticio.step_1.body.time",
    ]


def test_the_preview_is_what_the_path_finds() -> None:
    for one in suggestions(MESSAGE, TRAIL):
        value = Mapper({"value": one.text}).body(MESSAGE, TRAIL)["value"]
        assert (
            one.preview
            == str(value)
            .replace("'", '"')
            .replace("None", "null")
            .replace(", ", ",")
            .replace(": ", ":")
            or one.preview == f'"{value}"'
        )


def test_a_long_value_is_shortened() -> None:
    (found,) = suggestions({"body": {"manifest": "x" * 1000}}, {})

    assert len(found.preview) < 120


def test_without_a_message_the_metadata_of_the_step_before_are_suggested() -> None:
    source = {
        "properties": {
            "images": {
                "title": "Images",
                "items": {"properties": {"tag": {"title": "Tag"}}},
            },
            "filter": {"properties": {"status": {}}},
        }
    }

    found = {one.text: one.preview for one in suggestions(None, {}, source)}

    assert found == {"images": "Images", "images[0].tag": "Tag", "filter": "", "filter.status": ""}


def test_a_huge_message_has_a_thousand_suggestions() -> None:
    body = {f"member{number}": number for number in range(5000)}

    assert len(suggestions({"body": body}, {})) == 1000


def test_what_nests_very_deeply_is_cut() -> None:
    body: dict[str, object] = {}
    for _ in range(200):
        body = {"inner": body}

    assert len(suggestions({"body": body}, {})) < 20


def test_a_body_that_is_no_object_has_no_paths() -> None:
    assert suggestions({"body": [1, 2]}, {}) == []
