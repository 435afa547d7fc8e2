"""What a part of a mapping makes of a sample."""

import time

import pytest

from lib.platform.errors import ExpressionError
from lib.studio.sample_value import excerpt, outcome

MESSAGE = {"body": {"name": "team/app", "nil": None}}
TRAIL = {"step_1": {"body": {"n": 1}}}


def test_an_expression_makes_a_value() -> None:
    made = outcome("[name, elasticio.step_1.body.n]", MESSAGE, TRAIL)

    assert made.text() == '["team/app",1]'
    assert made.text(indented=True) == '[\n  "team/app",\n  1\n]'
    assert not made.errors


def test_null_is_a_value_and_nothing_is_none() -> None:
    assert outcome("nil", MESSAGE, {}).text() == "null"
    assert not outcome("nil", MESSAGE, {}).is_nothing
    assert outcome("nothing", MESSAGE, {}).is_nothing


def test_without_a_sample_only_what_does_not_parse_is_found() -> None:
    assert outcome("$sum('x')", None, {}).is_nothing
    assert outcome("name &", None, {}).errors


def test_all_parts_that_do_not_parse_are_found() -> None:
    errors = outcome({"a": "name &", "b": [{"c": ")"}]}, MESSAGE, {}).errors

    assert [error.path for error in errors] == ["value.a", "value.b[0].c"]


def test_an_expression_that_fails_on_the_sample_says_why() -> None:
    (error,) = outcome("$number(name)", MESSAGE, {}).errors

    assert "team/app" in error.cause.reason


@pytest.mark.slow
@pytest.mark.parametrize(
    "endless", ["($f := function() { $f() }; $f())", "$map([1..3000000], function($x) { $x })"]
)
def test_an_endless_expression_is_given_up(endless: str) -> None:
    before = time.monotonic()

    (error,) = outcome(endless, MESSAGE, {}).errors

    assert "timeout" in error.cause.reason
    assert time.monotonic() - before < 10


def test_a_long_value_is_shortened() -> None:
    long = {"body": {"text": "x" * 90_000}}

    assert len(outcome("text", long, {}).text()) < 5000


@pytest.mark.parametrize(
    ("text", "position", "expected"),
    [
        ("a b c", 3, ("a b", " c")),
        ("a &", 3, ("a &", "")),
        ("a", None, ("", "")),
        ("x" * 50 + "!" + "y" * 50, 51, ("…" + "x" * 23 + "!", "y" * 16 + "…")),
    ],
)
def test_an_excerpt_shows_where_an_expression_is_wrong(
    text: str, position: int | None, expected: tuple[str, str]
) -> None:
    assert excerpt(text, ExpressionError("", "", position)) == expected
