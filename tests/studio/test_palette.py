import json

import pytest

from lib.platform import standard
from lib.platform.flows.plan import prepare
from lib.studio.palette import Palette
from tests.support.flows import CONNECTOR
from tests.support.repository import ROOT

PALETTE = Palette(CONNECTOR)


def titles(text: str) -> list[str]:
    return [entry.title for group in PALETTE.search(text) for entry in group.entries]


def test_everything_that_a_flow_can_run_is_in_it_once() -> None:
    there: list[str] = []
    for folder in (ROOT, standard.PATH):
        descriptor = json.loads((folder / "component.json").read_text())
        there += [*descriptor["triggers"], *descriptor["actions"]]
    shown = [entry.function for group in PALETTE.groups for entry in group.entries]
    assert sorted(shown) == sorted(there)


def test_triggers_come_first_and_the_platforms_steps_last() -> None:
    assert [group.title for group in PALETTE.groups][:3] == ["Triggers", "Repositories", "Images"]
    assert PALETTE.groups[-1].title == "Platform steps"


def test_every_entry_has_a_sentence_and_a_link() -> None:
    for group in PALETTE.groups:
        for entry in group.entries:
            assert entry.description.endswith(".")
            assert entry.link.startswith("https://")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("describe images", ["Describe Images"]),
        ("DESCRIBEIMAGES", ["Describe Images"]),
        ("ecr:PutLifecyclePolicy", ["Put Lifecycle Policy"]),
        ("platforms and layers", ["Copy Image"]),
        ("authorization token", ["Get Authorization Token"]),
        ("nothing like that", []),
    ],
)
def test_search_finds_names_descriptions_and_permissions(text: str, expected: list[str]) -> None:
    assert set(expected) <= set(titles(text))
    assert bool(titles(text)) == bool(expected)


def test_a_permission_finds_the_actions_of_many_calls_too() -> None:
    assert {"Start Image Scan", "Scan Image"} & set(titles("ecr:StartImageScan")) == {"Scan Image"}


@pytest.mark.parametrize(
    ("text", "title"),
    [("describe images", "Describe Images"), ("ecr:StartImageScan", "Scan Image")],
)
def test_the_best_match_is_one_by_title_if_there_is_one(text: str, title: str) -> None:
    best = PALETTE.best_match(text)
    assert best
    assert best.title == title


def test_what_nothing_matches_has_no_best_match() -> None:
    assert PALETTE.best_match("nothing like that") is None


def test_the_permission_of_an_operation_without_an_action_finds_the_one_that_calls_any() -> None:
    assert titles("ecr:PutImageTagMutability") == ["Call Operation"]


def test_no_text_finds_everything() -> None:
    assert PALETTE.search("  ") == PALETTE.groups


def test_the_steps_of_every_recipe_have_an_icon_of_their_own() -> None:
    for file in (ROOT / "flows").glob("*.json"):
        for step in prepare(file, CONNECTOR).steps.values():
            assert PALETTE.icon(step.function) != "extension"
