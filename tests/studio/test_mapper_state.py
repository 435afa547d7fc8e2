"""The mapping while a designer works on it."""

from typing import Any

import pytest

from lib.studio.mapper_state import Kind, MapperState, Mode
from lib.studio.metadata_tree import Member, Path

SCHEMA = {
    "properties": {
        "name": {"type": "string", "required": True, "order": 9},
        "ids": {
            "type": "array",
            "order": 8,
            "items": {"type": "object", "properties": {"digest": {"type": "string"}}},
        },
        "filter": {"type": "object", "properties": {"status": {"type": "string"}}, "order": 7},
        "count": {"type": "integer", "order": 6},
    }
}
MESSAGE = {"body": {"repository": "team/app"}}


class Desk:
    """A mapping, and what was reported of it."""

    def __init__(self, mapper: Any) -> None:
        self.reported: list[Any] = []
        self.state = MapperState(SCHEMA, mapper, MESSAGE, {}, self.reported.append, None)

    def member(self, *path: str | int) -> Member:
        found: Member | None = None
        rows = self.state.members
        for length in range(1, len(path) + 1):
            found = next(row for row in rows if row.path == path[:length])
            rows = found.members
        assert found
        return found


# How the whole is shown


@pytest.mark.parametrize(
    ("mapper", "mode"),
    [
        (None, Mode.PASS_ON),
        ({}, Mode.MEMBERS),
        ({"name": "x"}, Mode.MEMBERS),
        ("x", Mode.DEVELOPER),
    ],
)
def test_a_mapping_is_shown_as_what_it_is(mapper: Any, mode: Mode) -> None:
    assert Desk(mapper).state.mode is mode


def test_passing_on_drops_the_mapping_until_members_are_chosen_again() -> None:
    desk = Desk({"name": "x"})

    assert desk.state.switch(Mode.PASS_ON)
    assert desk.state.mapper is None
    assert desk.state.switch(Mode.MEMBERS)

    assert desk.reported == [None, {"name": "x"}]


def test_developer_mode_alone_changes_nothing() -> None:
    desk = Desk({"name": "x"})

    assert desk.state.switch(Mode.DEVELOPER)

    assert desk.reported == []


def test_an_expression_of_members_is_shown_as_members() -> None:
    desk = Desk('{"name": repository}')

    assert desk.state.switch(Mode.MEMBERS)

    assert desk.state.mapper == {"name": "repository"}


def test_any_other_expression_stays_in_developer_mode() -> None:
    desk = Desk("$merge([$, {}])")

    assert not desk.state.switch(Mode.MEMBERS)

    assert (desk.state.mode, desk.reported) == (Mode.DEVELOPER, [])


# How a member is written


@pytest.mark.parametrize(
    ("mapper", "path", "kind"),
    [
        ({}, ("name",), Kind.EXPRESSION),
        ({"name": "repository"}, ("name",), Kind.EXPRESSION),
        ({"name": '"team/app"'}, ("name",), Kind.TEXT),
        ({"name": '""'}, ("name",), Kind.EXPRESSION),
        ({}, ("ids",), Kind.PARTS),
        ({"ids": "x"}, ("ids",), Kind.EXPRESSION),
        ({"ids": [{}]}, ("ids", 0), Kind.PARTS),
        ({"ids": ["x"]}, ("ids", 0), Kind.EXPRESSION),
        ({"count": 10}, ("count",), Kind.EXPRESSION),
    ],
)
def test_a_member_is_written_as_what_it_is(mapper: Any, path: Path, kind: Kind) -> None:
    desk = Desk(mapper)

    assert desk.state.kind(desk.member(*path)) is kind


def test_only_what_can_be_a_text_can_be_written_as_one() -> None:
    desk = Desk({"oops": "x"})

    assert desk.state.kinds(desk.member("name")) == (Kind.TEXT, Kind.EXPRESSION)
    assert desk.state.kinds(desk.member("oops")) == (Kind.TEXT, Kind.EXPRESSION)
    assert desk.state.kinds(desk.member("count")) == (Kind.EXPRESSION,)
    assert desk.state.kinds(desk.member("filter")) == (Kind.PARTS, Kind.EXPRESSION)


def test_an_expression_becomes_the_text_that_it_was_written_as() -> None:
    desk = Desk({"name": "a.b"})

    assert desk.state.write_as(desk.member("name"), Kind.TEXT)

    assert desk.reported == [{"name": '"a.b"'}]
    assert desk.state.kind(desk.member("name")) is Kind.TEXT


def test_an_empty_member_can_be_written_as_a_text() -> None:
    desk = Desk({})

    assert desk.state.write_as(desk.member("name"), Kind.TEXT)

    assert desk.reported == []
    assert desk.state.kind(desk.member("name")) is Kind.TEXT


def test_parts_become_an_expression_and_back() -> None:
    desk = Desk({"ids": [{"digest": "x"}]})

    assert desk.state.write_as(desk.member("ids"), Kind.EXPRESSION)
    assert isinstance(desk.state.content(("ids",)), str)
    assert desk.state.write_as(desk.member("ids"), Kind.PARTS)

    assert desk.state.mapper == {"ids": [{"digest": "x"}]}


def test_an_expression_that_has_no_parts_is_kept() -> None:
    desk = Desk({"ids": "images.imageId"})

    assert not desk.state.write_as(desk.member("ids"), Kind.PARTS)

    assert desk.state.mapper == {"ids": "images.imageId"}


# What is shown


def test_optional_members_that_are_not_mapped_can_be_hidden() -> None:
    desk = Desk({"count": "1"})
    state = desk.state

    shown, optional = state.visible(state.members, ())
    assert [row.key for row in shown] == ["name", "count"]
    assert optional == 2
    state.toggle_optional(())

    assert len(state.visible(state.members, ())[0]) == 4


def test_if_all_are_optional_all_are_shown_also_once_one_is_mapped() -> None:
    desk = Desk({})
    parts = desk.member("filter").members

    assert desk.state.visible(parts, ("filter",)) == (parts, 0)
    desk.state.change(("filter", "status"), '"TAGGED"')

    assert desk.state.shows_optional(("filter",))


def test_what_is_mapped_is_open_and_folds() -> None:
    desk = Desk({"filter": {"status": "x"}})

    assert desk.state.is_open(desk.member("filter"))
    assert not desk.state.is_open(desk.member("ids"))
    desk.state.fold(desk.member("filter"))

    assert not desk.state.is_open(desk.member("filter"))


def test_an_item_is_added_at_the_end() -> None:
    desk = Desk({"ids": [{"digest": "x"}]})

    path = desk.state.add_item(desk.member("ids"))

    assert path == ("ids", 1)
    assert desk.reported == [{"ids": [{"digest": "x"}, {}]}]


def test_a_change_that_changes_nothing_is_not_reported() -> None:
    desk = Desk({"name": "x"})

    desk.state.change(("name",), "x")

    assert desk.reported == []


# The sample


def test_the_value_follows_the_mapping_and_the_sample() -> None:
    desk = Desk({"name": "repository"})

    assert desk.state.outcome(("name",)).text() == '"team/app"'
    desk.state.show_sample({"body": {"repository": "team/web"}}, {})

    assert desk.state.outcome(("name",)).text() == '"team/web"'
    assert [one.text for one in desk.state.suggestions] == ["repository"]
    assert desk.state.outcome(("count",)).is_nothing


def test_a_body_that_is_passed_on_is_its_own_value() -> None:
    assert Desk(None).state.outcome(()).text() == '{"repository":"team/app"}'
