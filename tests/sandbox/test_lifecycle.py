"""lib.sandbox.lifecycle: which images a policy would expire, compared with AWS's pages."""

import json
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.ecr.policy_validation import EcrLifecyclePolicyValidator

from lib.sandbox.lifecycle import PushedImage, expiring

NOW = 1_800_000_000
DAY = 86_400


def rule(priority: int, status: str, count: int, **more: Any) -> dict[str, Any]:
    """A rule: of a number of images, or of days if ``days`` is given."""
    kind: dict[str, Any] = {"countType": "imageCountMoreThan"}
    if more.pop("days", False):
        kind = {"countType": "sinceImagePushed", "countUnit": "days"}
    selection = {"tagStatus": status, **kind, "countNumber": count, **more}
    return {"rulePriority": priority, "selection": selection, "action": {"type": "expire"}}


def image(name: str, days: float, *tags: str) -> PushedImage:
    """An image that was pushed some days ago."""
    return PushedImage(name, tags, NOW - days * DAY)


def expired(images: Sequence[PushedImage], *rules: dict[str, Any]) -> list[tuple[str, int]]:
    """The digests of the images that rules would expire, and the priorities of these rules."""
    found = expiring(json.dumps({"rules": rules}), images, NOW)
    return [(one.image.digest, one.rule_priority) for one in found]


class TestExamplesOfAws:
    """All of docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_examples.html."""

    BETA_AND_PROD = (
        image("A", 10, "beta-1", "prod-1"),
        image("B", 9, "beta-2", "prod-2"),
        image("C", 8, "beta-3"),
    )

    def test_filtering_on_image_age(self) -> None:
        aged = rule(1, "untagged", 14, days=True)
        images = [image("old", 15), image("new", 13), image("tagged", 15, "v1")]

        assert expired(images, aged) == [("old", 1)]

    def test_filtering_on_image_count(self) -> None:
        images = [image("A", 3), image("B", 2), image("C", 1), image("tagged", 4, "v1")]

        assert expired(images, rule(1, "untagged", 1)) == [("A", 1), ("B", 1)]

    def test_filtering_on_multiple_rules_with_prod_first(self) -> None:
        prod = rule(1, "tagged", 1, tagPrefixList=["prod"])
        beta = rule(2, "tagged", 1, tagPrefixList=["beta"])

        assert expired(self.BETA_AND_PROD, prod, beta) == [("A", 1)]

    def test_filtering_on_multiple_rules_with_beta_first(self) -> None:
        beta = rule(1, "tagged", 1, tagPrefixList=["beta"])
        prod = rule(2, "tagged", 1, tagPrefixList=["prod"])

        assert expired(self.BETA_AND_PROD, beta, prod) == [("A", 1), ("B", 1)]

    def test_filtering_on_multiple_tags_in_a_single_rule(self) -> None:
        both = rule(1, "tagged", 5, days=True, tagPrefixList=["alpha", "beta"])
        images = [
            image("A", 12, "alpha-1"),
            image("B", 11, "beta-1"),
            image("C", 10, "alpha-2", "beta-2"),
            image("D", 4, "alpha-3"),
            image("E", 3, "beta-3"),
            image("F", 2, "alpha-4", "beta-4"),
        ]

        assert expired(images, both) == [("C", 1)]

    def test_filtering_on_multiple_tags_that_are_not_exclusive(self) -> None:
        both = rule(1, "tagged", 1, tagPatternList=["alpha*", "beta*"])
        images = [
            image("A", 10, "alpha-1", "beta-1", "gamma-1"),
            image("B", 9, "alpha-2", "beta-2"),
            image("C", 8, "alpha-3", "beta-3", "gamma-2"),
        ]

        assert expired(images, both) == [("A", 1), ("B", 1)]

    def test_filtering_on_all_images(self) -> None:
        images = [
            image("A", 4, "alpha-1"),
            image("B", 3, "beta-1"),
            image("C", 2),
            image("D", 1, "alpha-2"),
        ]

        assert expired(images, rule(1, "any", 1)) == [("A", 1), ("B", 1), ("C", 1)]

    def test_filtering_on_all_images_with_all_kinds_of_rules(self) -> None:
        rules = [
            rule(1, "tagged", 1, tagPrefixList=["alpha"]),
            rule(2, "untagged", 1, days=True),
            rule(3, "any", 1),
        ]
        images = [
            image("A", 4, "alpha-1", "beta-1"),
            image("B", 3),
            image("C", 2, "alpha-2"),
            image("D", 1, "git hash"),
            image("E", 1),
        ]

        assert expired(images, *rules) == [("A", 1), ("B", 2), ("D", 3)]


class TestSelection:
    @pytest.mark.parametrize(
        ("pattern", "tag", "selected"),
        [
            ("prod*", "prod", True),
            ("prod*", "my-prod", False),
            ("*prod", "my-prod", True),
            ("prod", "prod-1", False),
            ("v*.*.0", "v1.2.0", True),
            ("v*.*.0", "v1.200", False),
            ("v1.0", "v1x0", False),
        ],
    )
    def test_a_pattern_is_of_the_whole_tag(self, pattern: str, tag: str, selected: bool) -> None:
        old = rule(1, "tagged", 1, days=True, tagPatternList=[pattern])

        assert expired([image("A", 2, tag)], old) == [("A", 1)] * selected

    @pytest.mark.parametrize(
        ("prefix", "tag", "selected"),
        [("prod", "prod-1", True), ("prod", "my-prod", False), ("v1.", "v1x0", False)],
    )
    def test_a_prefix_is_of_the_tag_s_beginning(
        self, prefix: str, tag: str, selected: bool
    ) -> None:
        old = rule(1, "tagged", 1, days=True, tagPrefixList=[prefix])

        assert expired([image("A", 2, tag)], old) == [("A", 1)] * selected

    def test_one_tag_may_match_two_prefixes(self) -> None:
        old = rule(1, "tagged", 1, days=True, tagPrefixList=["prod", "prod-1"])

        assert expired([image("A", 2, "prod-12"), image("B", 2, "prod-2")], old) == [("A", 1)]

    def test_an_image_as_old_as_the_limit_is_kept(self) -> None:
        images = [image("limit", 14), image("older", 14.001)]

        assert expired(images, rule(1, "any", 14, days=True)) == [("older", 1)]

    def test_of_images_pushed_in_one_second_the_last_is_the_youngest(self) -> None:
        images = [image("A", 1), image("B", 1), image("C", 1)]

        assert expired(images, rule(1, "any", 1)) == [("A", 1), ("B", 1)]


TAGS = st.text("abv-.", min_size=1, max_size=4)
LISTS = st.one_of(
    st.fixed_dictionaries({"tagPrefixList": st.lists(TAGS, min_size=1, max_size=2)}),
    st.fixed_dictionaries(
        {
            "tagPatternList": st.lists(
                st.text("abv-.*", min_size=1, max_size=4), min_size=1, max_size=2
            )
        }
    ),
)
IMAGES = st.lists(
    st.tuples(st.lists(TAGS, max_size=3, unique=True), st.integers(0, 6)), max_size=12
)


@st.composite
def policies(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Policies as AWS allows them, with their rules in any order."""
    kinds = draw(st.lists(st.just("tagged"), max_size=4))
    kinds += draw(st.sampled_from([[], ["untagged"], ["any"], ["untagged", "any"]]))
    priorities = sorted(draw(st.sets(st.integers(1, 99), min_size=len(kinds), max_size=len(kinds))))
    rules = [
        rule(
            priority,
            kind,
            draw(st.integers(1, 5)),
            days=draw(st.booleans()),
            **(draw(LISTS) if kind == "tagged" else {}),
        )
        for priority, kind in zip(priorities, kinds, strict=True)
    ]
    return draw(st.permutations(rules)) if rules else []


def is_about(one: dict[str, Any], tags: Sequence[str]) -> bool:
    """AWS's tagging requirements of a rule, read once more."""
    selection = one["selection"]
    if selection["tagStatus"] == "any":
        return True
    if selection["tagStatus"] == "untagged":
        return len(tags) == 0
    globs = [f"{prefix}*" for prefix in selection.get("tagPrefixList", [])]
    globs += selection.get("tagPatternList", [])
    unmatched = [glob for glob in globs if not [tag for tag in tags if fnmatchcase(tag, glob)]]
    return len(tags) > 0 and unmatched == []


def oracle(
    rules: Sequence[dict[str, Any]], pushed: Sequence[tuple[Sequence[str], int]]
) -> dict[str, int]:
    """Ask of one image after the other which rule decides on it, and what that rule says.

    "An image that matches the tagging requirements of a rule cannot be expired by a rule with a
    lower priority", so the first rule that is about an image decides. "Rules can never mark images
    that are marked by higher priority rules, but can still identify them as if they haven't been
    expired", so the images that a rule counts are all that it is about.
    """
    expected = {}
    for place, (tags, days) in enumerate(pushed):
        deciding = [one for one in rules if is_about(one, tags)]
        if not deciding:
            continue
        first = min(deciding, key=lambda one: int(one["rulePriority"]))
        count = first["selection"]["countNumber"]
        if first["selection"]["countType"] == "sinceImagePushed":
            expires = days > count
        else:
            younger = [
                other
                for other, (its_tags, its_days) in enumerate(pushed)
                if is_about(first, its_tags) and (its_days, -other) < (days, -place)
            ]
            expires = len(younger) >= count
        if expires:
            expected[str(place)] = int(first["rulePriority"])
    return expected


@given(rules=policies(), pushed=IMAGES)
def test_any_policy_is_evaluated_as_a_second_reading_of_the_rules_has_it(
    rules: list[dict[str, Any]], pushed: list[tuple[list[str], int]]
) -> None:
    EcrLifecyclePolicyValidator(json.dumps({"rules": rules})).validate()
    images = [image(str(place), days, *tags) for place, (tags, days) in enumerate(pushed)]

    found = expired(images, *rules)

    assert dict(found) == oracle(rules, pushed)
    assert len(found) == len(dict(found))
    ages = [pushed[int(name)][1] for name, _ in found]
    assert ages == sorted(ages, reverse=True)
