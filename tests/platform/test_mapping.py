"""How a step's input is made from what another step emitted."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.platform.errors import MappingError
from lib.platform.mapping import Condition, Mapper, faults

TRAIL: dict[str, dict[str, Any]] = {
    "step_1": {"body": {"name": "team/app", "tags": ["1.4.2"]}, "headers": {"x-trace": "7"}},
    "step_2": {"body": {"count": 2}},
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def mapped(mapper: Any, body: Any, trail: Any = TRAIL) -> Any:
    return Mapper(mapper).body({"body": body}, trail)


# What a mapper makes


@pytest.mark.parametrize(
    ("mapper", "made"),
    [
        ({"id": "name"}, {"id": "a"}),
        ({"nested": {"deep": {"id": "name"}}}, {"nested": {"deep": {"id": "a"}}}),
        ({"ids": [{"id": "name"}, {"id": "n"}]}, {"ids": [{"id": "a"}, {"id": 2}]}),
        (
            {"text": '"10"', "number": "10", "constant": 10},
            {"text": "10", "number": 10, "constant": 10},
        ),
        (
            {"range": "[1..3]", "one": "[7]", "picked": "items.x"},
            {"range": [1, 2, 3], "one": [7], "picked": [1, 2]},
        ),
        ({"written": "null", "found": "nil"}, {"written": None, "found": None}),
        ({"list": "[nil, nothing, null]"}, {"list": [None, None]}),
        ({"object": '{ "nil": nil, "gone": nothing }'}, {"object": {"nil": None}}),
        ("{ 'id': name, 'more': [{ 'x': n }] }", {"id": "a", "more": [{"x": 2}]}),
    ],
)
def test_each_member_is_what_its_expression_yields(mapper: Any, made: Any) -> None:
    body = {"name": "a", "n": 2, "nil": None, "items": [{"x": 1}, {"x": 2}]}

    assert mapped(mapper, body) == made


def test_without_a_mapper_the_body_is_passed_on() -> None:
    assert mapped(None, {"any": [1]}) == {"any": [1]}


@pytest.mark.parametrize("mapper", [{}, "{}", "nothing"])
def test_a_mapper_without_members_makes_an_empty_body(mapper: Any) -> None:
    assert mapped(mapper, {"fireTime": "2026-01-15T02:00:00.000Z"}) == {}


@pytest.mark.parametrize(
    ("member", "made"),
    [
        ("nothing", {"nested": {}}),
        ("a.b.c[0]", {"nested": {}}),
        ("function($x) { $x }", {"nested": {}}),
        ("{ 'of': function() { 1 }, 'is': 1 }", {"nested": {"x": {"is": 1}}}),
        ("[function() { 1 }]", {"nested": {"x": [None]}}),
        ("/a+/", {"nested": {}}),
    ],
)
def test_what_is_nothing_or_a_function_is_left_out(member: str, made: Any) -> None:
    assert mapped({"nested": {"x": member}}, {"a": {}}) == made


@pytest.mark.parametrize(
    "expression",
    [
        "elasticio.step_1.body.name",
        "$getPassthrough().step_1.body.name",
        '$getPassthrough()."step_1".body.name',
    ],
)
def test_earlier_steps_are_within_reach(expression: str) -> None:
    assert mapped({"it": expression}, {"name": "another"}) == {"it": "team/app"}
    assert mapped({"it": expression}, {"name": "another"}, {}) == {}


def test_so_they_are_if_the_body_is_a_list() -> None:
    mapper = {"it": "$getPassthrough().step_1.body.name", "count": "$count($)"}

    assert mapped(mapper, [{"name": "a"}, {}]) == {"it": "team/app", "count": 2}


def test_headers_of_earlier_steps_are_too() -> None:
    assert mapped({"it": "elasticio.step_1.headers.`x-trace`"}, {}) == {"it": "7"}


@given(JSON)
def test_a_body_of_any_shape_comes_out_as_it_is(body: Any) -> None:
    made = mapped({"whole": "$"}, {"it": body}, {})

    assert orjson.dumps(made) == orjson.dumps({"whole": {"it": body}})


def test_what_is_made_shares_nothing_with_what_was_emitted() -> None:
    body = {"items": [{"x": 1}]}

    made = mapped({"all": "items", "before": "elasticio.step_1.body.tags"}, body)
    made["all"].append(2)
    made["before"].append("3")

    assert body == {"items": [{"x": 1}]}
    assert TRAIL["step_1"]["body"]["tags"] == ["1.4.2"]


def test_threads_share_a_mapper() -> None:
    mapper = Mapper({"n": "n", "doubled": "$map(items, function($i) { $i * n })"})

    def made(n: int) -> Any:
        return mapper.body({"body": {"n": n, "items": [1, 2]}}, {"step_1": {"body": {"n": n}}})

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(made, range(400))) == [
            {"n": n, "doubled": [n, 2 * n]} for n in range(400)
        ]


# What a mapper refuses


@pytest.mark.parametrize(
    ("mapper", "said"),
    [
        (
            {"ids": [{"id": "a +"}]},
            'ids[0].id: "a +" is not JSONata: Unexpected end of expression (at character 3)',
        ),
        (
            "{ 'a': }",
            (
                "\"{ 'a': }\" is not JSONata:"
                " The symbol } cannot be used as a unary operator (at character 8)"
            ),
        ),
        (
            {"at": "$moment().format()"},
            (
                'at: "$moment().format()": $moment() is not supported here;'
                " use $now(), $toMillis() and $fromMillis() instead"
            ),
        ),
        (
            {"x": "a.$getFlowVariables().b"},
            (
                'x: "a.$getFlowVariables().b": $getFlowVariables() is not supported here;'
                " a flow file has no variables"
            ),
        ),
    ],
)
def test_what_cannot_be_compiled_is_named_with_its_member(mapper: Any, said: str) -> None:
    with pytest.raises(MappingError) as refusal:
        Mapper(mapper)

    assert str(refusal.value) == said
    assert [str(fault) for fault in faults(mapper)] == [said]


def test_all_faults_are_found_at_once() -> None:
    mapper = {"a": "(", "b": {"c": "ok", "d": [{"e": "x y"}]}, "f": "$moment()"}

    assert [fault.path for fault in faults(mapper)] == ["a", "b.d[0].e", "f"]
    assert faults({"a": "b", "c": 1}) == faults(None) == []


@pytest.mark.parametrize("expression", ["'$moment()'", "moment", "$sum(%.moment)"])
def test_other_uses_of_a_name_are_not_refused(expression: str) -> None:
    assert faults({"a": f"x.({expression})"}) == []


@pytest.mark.parametrize(
    ("expression", "cause"),
    [
        ("$number('x')", "could not convert string to float: 'x'"),
        ("1 + 'a'", "The right side of the + operator must evaluate to a number"),
        ("$nope()", "Attempted to invoke a non-function"),
        ("($f := function($x) { 1 + $f($x) }; $f(1))", "maximum recursion depth exceeded"),
    ],
)
def test_an_expression_that_fails_is_named_with_its_member(expression: str, cause: str) -> None:
    with pytest.raises(MappingError) as failure:
        mapped({"nested": {"x": expression}}, {})

    assert (failure.value.path, failure.value.text) == ("nested.x", expression)
    assert str(failure.value).startswith(f'nested.x: "{expression}" fails: ')
    assert cause in str(failure.value)


def test_a_long_expression_is_cut_in_an_error() -> None:
    [fault] = faults({"x": f"(\n{'a + ' * 500}"})

    assert 'x: "( a + a + ' in str(fault)
    assert "… (2001 characters)" in str(fault)
    assert len(str(fault)) < 350


def test_the_name_under_which_earlier_steps_are_found_is_reserved() -> None:
    with pytest.raises(MappingError, match='the body has a member "elasticio"'):
        mapped({"a": "b"}, {"elasticio": 1})

    assert mapped({"a": "elasticio"}, {"elasticio": 1}, {}) == {"a": 1}


# Conditions


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("count > 1", True),
        ("count > 2", False),
        ("nothing > 1", False),
        ("nothing", False),
        ("null", False),
        ("0", False),
        ("''", False),
        ("'false'", True),
        ("[]", True),
        ("elasticio.step_1.body.name = 'team/app'", True),
    ],
)
def test_a_condition_holds_as_in_javascript(expression: str, holds: bool) -> None:
    assert Condition(expression).holds({"body": {"count": 2}}, TRAIL) is holds


def test_a_condition_that_is_not_jsonata_is_refused() -> None:
    with pytest.raises(MappingError, match='condition: "count >" is not JSONata'):
        Condition("count >")


# Why an expression fails


def test_an_error_says_why_and_where_for_those_who_see_the_expression() -> None:
    (error,) = faults({"ids": [{"id": "name b c"}]})

    assert (error.path, error.text) == ("ids[0].id", "name b c")
    assert (error.cause.reason, error.cause.position) == ("Syntax error: b", 6)


def test_an_error_without_a_place_says_why() -> None:
    (error,) = faults({"now": "$moment()"})

    assert error.cause.position is None
    assert error.cause.reason.startswith("$moment() is not supported here")


def test_an_expression_is_given_up_when_its_time_is_over() -> None:
    with pytest.raises(MappingError, match="timeout"):
        Mapper({"id": "($f := function() { $f() }; $f())"}, seconds=0.1).body({"body": {}}, {})


def test_each_evaluation_has_its_own_time() -> None:
    mapper = Mapper({"id": "name"}, seconds=0.2)
    time.sleep(0.3)

    assert mapper.body({"body": {"name": "a"}}, {}) == {"id": "a"}
