"""Constants, paths, and a whole mapping as one expression."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.platform.mapping import Mapper
from lib.studio.jsonata_text import (
    constant,
    expression_text,
    literal,
    members_of,
    parts_of,
    path_text,
)

BODY = {"a": 1, "b": ["x", "y"], "c": [{"d": 2}, {"d": 3}], "image-tag": "7", "in": True}
EXPRESSIONS = st.sampled_from(
    [
        "a",
        "b",
        "nothing",
        "b[0]",
        "c.d",
        "$string(a)",
        '"a, } :"',
        "{'x': a, \"y\": b}",
        "a ? b : c",
    ]
)
MAPPINGS = st.recursive(
    EXPRESSIONS,
    lambda inner: (
        st.dictionaries(st.text(max_size=5), inner, max_size=3)
        | st.lists(st.dictionaries(st.text(max_size=5), inner, max_size=2), min_size=1, max_size=2)
    ),
    max_leaves=8,
)


def made(mapper: Any) -> Any:
    return Mapper(mapper).body({"body": BODY}, {})


# Constants


@given(st.text())
def test_the_expression_of_a_text_yields_the_text_and_is_known_as_a_constant(text: str) -> None:
    assert made({"text": literal(text)}) == {"text": text}
    assert constant(literal(text)) == text


@pytest.mark.parametrize(
    "expression", ["""'say "so"'""", '"\\u00e9\\n"', '  "a"  ', "'a\nb'", '"\\/"']
)
def test_a_constant_is_the_text_that_the_expression_yields(expression: str) -> None:
    assert {"text": constant(expression)} == made({"text": expression})


@pytest.mark.parametrize(
    "expression", ["a", '"a" & "b"', '"', "10", "", '"\\x"', r"'it\'s'", 10, None, {}]
)
def test_what_is_no_literal_is_no_constant(expression: Any) -> None:
    assert constant(expression) is None


# Paths


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("c", 0, "d"), "c[0].d"),
        (("image-tag",), "`image-tag`"),
        (("in",), "`in`"),
        (("elasticio", "step_1", "body", "a"), "elasticio.step_1.body.a"),
    ],
)
def test_a_path_is_quoted_where_jsonata_needs_it(path: Any, expected: str) -> None:
    assert path_text(path) == expected


def test_a_path_finds_what_it_leads_to() -> None:
    paths = {"d": ("c", 0, "d"), "tag": ("image-tag",), "in": ("in",)}

    found = made({name: path_text(path) for name, path in paths.items()})

    assert found == {"d": 2, "tag": "7", "in": True}


# A whole mapping


@given(st.dictionaries(st.text(max_size=5), MAPPINGS, max_size=4))
def test_a_mapping_as_one_expression_makes_the_same_body(mapping: dict[str, Any]) -> None:
    assert made(expression_text(mapping)) == made(mapping)


@given(st.dictionaries(st.text(max_size=5), MAPPINGS, max_size=4))
def test_the_expression_of_a_mapping_becomes_a_mapping_that_makes_the_same(
    mapping: dict[str, Any],
) -> None:
    members = members_of(expression_text(mapping))

    assert members is not None
    assert made(members) == made(mapping)


def test_an_expression_is_divided_into_its_members() -> None:
    expression = '{"a": b[0], "n": {"m": "}, {"}, "l": [{"x": a ? {"y": 1} : 2}], "p": [1, 2]}'

    assert members_of(expression) == {
        "a": "b[0]",
        "n": {"m": '"}, {"'},
        "l": [{"x": 'a ? {"y": 1} : 2'}],
        "p": "[1, 2]",
    }
    assert members_of("  ") == {}


@pytest.mark.parametrize(
    "expression",
    [
        "a",
        '{"a": 1}.a',
        '{"a": }',
        "{a: b}",
        '{"a": b',
        '{"a": b, "a": c}',
        '{"a": b +}',
        "{a}",
        "]",
    ],
)
def test_what_is_more_than_an_object_of_members_is_not_divided(expression: str) -> None:
    assert members_of(expression) is None


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('{"a": b}', {"a": "b"}),
        ('[{"a": b}, {}]', [{"a": "b"}, {}]),
        ("[1, 2]", None),
        ("a", None),
        ('[{"a": b}][0]', None),
        ('{"a": b +}', None),
    ],
)
def test_objects_and_lists_of_objects_have_parts(expression: str, expected: Any) -> None:
    assert parts_of(expression) == expected
