"""Metadata of Copy Image and Scan Image: what a step with these fields needs, and what it says."""

from itertools import combinations
from typing import Any

import pytest

from lib.component.errors import InvalidFieldError, InvalidMessageError
from lib.component.images.request import CopyRequest
from tests.support.aws_model import KEYS, ask_action, own_action
from tests.support.metadata import CHOSEN, cfg_for_screens, example, forms, meta_model
from tests.support.repository import DESCRIPTOR

DIGEST = f"sha256:{'0a' * 32}"
# Fields that stand in for a member of the message.
STAND_INS = {
    "CopyImage": {
        "repositoryName",
        "imageTag",
        "targetRepositoryName",
        "targetImageTag",
        "targetRegion",
        "targetRoleArn",
        "targetExternalId",
        "platform",
        "createTargetRepository",
    },
    "ScanImage": {"repositoryName", "imageTag"},
}

each = pytest.mark.parametrize("action", STAND_INS)


def refusal(action: str, body: Any, form: dict[str, Any]) -> str:
    """Return why an action refuses a message; the empty text if it takes it."""
    cfg = cfg_for_screens({**KEYS, **form})
    try:
        if action == "CopyImage":
            CopyRequest.read(body, cfg)
        else:
            ask_action(action, body, cfg, [])
    except InvalidMessageError as error:
        return str(error)
    return ""


@each
def test_only_a_repository_that_no_field_names_has_a_star(action: str) -> None:
    for form in forms(own_action(action)):
        properties = meta_model(own_action(action), form)[0]["properties"]

        starred = {name for name, part in properties.items() if part.get("required")}
        assert starred == {"repositoryName"} - form.keys(), form


@each
def test_what_a_field_holds_is_the_default(action: str) -> None:
    for form in forms(own_action(action)):
        properties = meta_model(own_action(action), form)[0]["properties"]

        for name in STAND_INS[action] & form.keys():
            assert properties[name]["default"] == form[name], form
        for name in properties.keys() - form.keys() - {"createTargetRepository", "platform"}:
            implied = {"targetRegion": "eu-central-1"} if action == "CopyImage" else {}
            assert properties[name].get("default") == implied.get(name), (name, form)


def test_a_copy_has_all_platforms_and_makes_no_repository_by_default() -> None:
    properties = meta_model(own_action("CopyImage"), {})[0]["properties"]

    assert properties["platform"]["default"] == "all"
    assert properties["createTargetRepository"]["default"] is False


@pytest.mark.parametrize("given", ["imageTag", "imageDigest"])
def test_the_starred_members_and_a_tag_or_a_digest_are_enough(given: str) -> None:
    of_image = {"imageTag": "1.0", "imageDigest": DIGEST}
    for form in forms(own_action("CopyImage")):
        if "targetExternalId" in form and "targetRoleArn" not in form:
            continue
        takes, _ = meta_model(own_action("CopyImage"), form)
        starred = {n: p for n, p in takes["properties"].items() if p.get("required")}
        body = example({**takes, "properties": starred})

        assert refusal("CopyImage", {**body, given: of_image[given]}, form) == "", form
        refused = refusal("CopyImage", body, form)
        assert ("imageTag and imageDigest are missing" in refused) is ("imageTag" not in form)


@each
@pytest.mark.parametrize("fields", [*combinations(("repositoryName", "imageTag"), 2), ()])
def test_every_member_that_is_described_is_one(action: str, fields: tuple[str, ...]) -> None:
    form = {name: CHOSEN[name] for name in fields}
    takes, _ = meta_model(own_action(action), form)
    known = f'{action} can\'t use this message:\n- "noMember" is not a member of {action}; '

    refused = refusal(action, {**example(takes), "noMember": 1}, form)

    assert refused.startswith(known)
    assert refused.count("\n- ") == 1


@each
def test_an_image_is_chosen_from_the_tags_of_the_repository(action: str) -> None:
    field = DESCRIPTOR["actions"][action]["fields"]["imageTag"]

    assert field["viewClass"] == "SelectView"
    assert field["model"] == "tags"
    assert field["require"] == ["repositoryName"]
    assert field["required"] is False


def test_the_result_of_a_scan_says_what_the_step_s_fields_mean() -> None:
    _, by_default = meta_model(own_action("ScanImage"), {})
    _, emits = meta_model(own_action("ScanImage"), {"failsAt": "low", "maxFindings": "7"})

    assert 'it says "High or worse".' in by_default["properties"]["passed"]["description"]
    assert "at most 100 are." in by_default["properties"]["findings"]["description"]
    assert 'it says "Low or worse".' in emits["properties"]["passed"]["description"]
    assert "at most 7 are." in emits["properties"]["findings"]["description"]


@pytest.mark.parametrize(
    ("action", "field", "value"),
    [
        ("CopyImage", "createTargetRepository", "perhaps"),
        ("CopyImage", "targetImageTag", 7),
        ("ScanImage", "failsAt", "worst"),
        ("ScanImage", "maxFindings", "1001"),
    ],
)
def test_a_wrong_field_is_named(action: str, field: str, value: Any) -> None:
    with pytest.raises(InvalidFieldError, match=f"^{field}: got "):
        meta_model(own_action(action), {field: value})
