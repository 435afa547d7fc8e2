"""The generator: schemas, descriptor and reference follow from botocore's model."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.model import OperationModel, Shape
from jsonschema import Draft3Validator
from markdown_it import MarkdownIt

from lib import __version__, generator
from lib.component.operation.members import JSON_TEXT_MEMBERS, stand_ins
from lib.component.shapes import service, text
from lib.component.shapes.corrections import CORRECTIONS, Correction, corrected
from lib.component.shapes.protocol import protocol_inputs
from lib.component.shapes.schema import anchored
from lib.component.shapes.schema import in_schema as derived_in_schema
from lib.component.shapes.schema import out_schema as derived_out_schema
from lib.generator import markdown, members, model, readme, reference
from lib.sailor import Component
from tests.support.aws_model import EACH_OPERATION, PROTOCOL_INPUTS
from tests.support.markdown import anchors
from tests.support.repository import ROOT

# Where the 2019 connector came from, and where this one is at home.
REPOSITORY = "https://github.com/flowground/amazonaws-com-ecr-connector"
# The actions that no single operation gives.
OF_MANY_CALLS = [name for names in model.OF_MANY_CALLS.values() for name in names]
# The actions of the connector of 2019.
NAMES = [
    "BatchCheckLayerAvailability",
    "BatchDeleteImage",
    "BatchGetImage",
    "CompleteLayerUpload",
    "CreateRepository",
    "DeleteLifecyclePolicy",
    "DeleteRepository",
    "DeleteRepositoryPolicy",
    "DescribeImages",
    "DescribeRepositories",
    "GetAuthorizationToken",
    "GetDownloadUrlForLayer",
    "GetLifecyclePolicy",
    "GetLifecyclePolicyPreview",
    "GetRepositoryPolicy",
    "InitiateLayerUpload",
    "ListImages",
    "ListTagsForResource",
    "PutImage",
    "PutLifecyclePolicy",
    "SetRepositoryPolicy",
    "StartLifecyclePolicyPreview",
    "TagResource",
    "UntagResource",
    "UploadLayerPart",
]
ACTIONS = [*NAMES, *OF_MANY_CALLS, "CallOperation"]

TYPES = {"array", "boolean", "integer", "number", "object", "string"}

Json = dict[str, Any]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the hand-written files and all generated ones."""
    shutil.copy(ROOT / "component.json", tmp_path)
    (tmp_path / "README.md").write_text(
        f"# Title\n\nBefore.\n\n{readme.BEGIN}\nstale\n{readme.END}\n\nAfter.\n"
    )
    generator.generate(tmp_path)
    return tmp_path


@pytest.fixture(params=EACH_OPERATION)
def operation(request: pytest.FixtureRequest) -> OperationModel:
    return service.operation(request.param)


@pytest.fixture(scope="module")
def html() -> str:
    """The reference as a browser gets it."""
    return rendered(reference.page(descriptor()))


def rendered(markdown: str) -> str:
    page: str = MarkdownIt("commonmark").enable("table").render(markdown)
    return page


def load(file: Path) -> Json:
    content: Json = json.loads(file.read_text(encoding="utf-8"))
    return content


def descriptor() -> Json:
    return load(ROOT / "component.json")


def in_schema(name: str) -> Json:
    """Return the schema in the file; what has no file, Call Operation derives when it is called."""
    file = ROOT / "schemas" / f"{name}.in.json"
    return load(file) if file.exists() else derived_in_schema(service.operation(name))


def out_schema(name: str) -> Json:
    file = ROOT / "schemas" / f"{name}.out.json"
    return load(file) if file.exists() else derived_out_schema(service.operation(name))


def chosen_in_fields(name: str) -> set[str]:
    """Return the members that have no star because a field can hold them."""
    chosen = in_schema(name).get("extends", {"properties": {}})["properties"]
    assert all(prop["required"] is True for prop in chosen.values())
    assert set(chosen) == stand_ins(in_schema(name)).keys()
    return set(chosen)


def repository_member(name: str) -> str | None:
    """Return the member by which an action takes a repository that exists; None if it needs none.

    CreateRepository has a name too, but of a repository that is not there yet.
    """
    members = {"repositoryName", "resourceArn"} & in_schema(name)["properties"].keys()
    return None if name == "CreateRepository" or not members else members.pop()


def subschemas(schema: Json) -> Iterator[Json]:
    """Yield a schema and all schemas within it."""
    yield schema
    if isinstance(schema.get("items"), dict):
        yield from subschemas(schema["items"])
    for part in schema.get("properties", {}).values():
        yield from subschemas(part)


def faults(name: str, body: Json) -> list[str]:
    """Return the path of each fault that the in-schema finds."""
    validator: Any = Draft3Validator(in_schema(name))
    return [".".join(map(str, error.absolute_path)) for error in validator.iter_errors(body)]


@cache
def applied() -> set[Correction]:
    """Return the corrections that change a text of AWS's."""
    found = set()
    for operation in map(service.operation, service.names()):
        for html in documentation(operation):
            plain = text.plain(html)
            for corrections in CORRECTIONS.values():
                for correction in corrections:
                    before, plain = plain, correction.apply(plain, operation.name)
                    if plain != before:
                        found.add(correction)
    return found


def documentation(operation: OperationModel) -> Iterator[str]:
    """Yield AWS's texts of an operation and of all its members."""
    yield operation.documentation
    shapes = [operation.input_shape, operation.output_shape]
    while shapes:
        shape = shapes.pop()
        yield shape.documentation
        if shape.type_name == "structure":
            shapes += shape.members.values()
        elif shape.type_name == "list":
            shapes.append(shape.member)
        elif shape.type_name == "map":
            shapes.append(shape.value)


class TestFiles:
    def test_the_repository_holds_what_the_generator_gives(self) -> None:
        assert generator.check(ROOT) == [], "run: ecr-connector generate"

    def test_there_are_two_schemas_for_each_of_the_25_actions(self) -> None:
        names = {file.name for file in (ROOT / "schemas").iterdir()}

        assert len(NAMES) == 25
        assert names >= {f"{name}.{way}.json" for name in NAMES for way in ("in", "out")}

    def test_after_generate_nothing_differs(self, checkout: Path) -> None:
        assert generator.check(checkout) == []
        assert generator.generate(checkout) == []

    @pytest.mark.parametrize(
        ("name", "word"),
        [
            ("component.json", "Batch"),
            ("README.md", "Batch"),
            ("docs/reference.md", "manifest"),
            ("schemas/PutImage.in.json", "manifest"),
            ("schemas/PutImage.out.json", "manifest"),
        ],
    )
    def test_a_changed_file_is_found_and_restored(
        self, checkout: Path, name: str, word: str
    ) -> None:
        file = checkout / name
        right = file.read_text()
        file.write_text(right.replace(word, "forged"))

        assert generator.check(checkout) == [file]
        assert generator.generate(checkout) == [file]
        assert file.read_text() == right

    def test_a_missing_file_is_found_and_written(self, checkout: Path) -> None:
        file = checkout / "schemas/ListImages.out.json"
        file.unlink()

        assert generator.check(checkout) == [file]
        assert generator.generate(checkout) == [file]
        assert file.is_file()

    def test_a_schema_without_an_action_is_found_and_removed(self, checkout: Path) -> None:
        file = checkout / "schemas/StartImageScan.in.json"
        file.write_text("{}")

        assert generator.check(checkout) == [file]
        assert generator.generate(checkout) == [file]
        assert not file.exists()

    def test_a_schema_of_a_trigger_stays(self, checkout: Path) -> None:
        written = load(checkout / "component.json")
        watch = {"title": "Watch", "type": "polling", "description": "It watches.", "help": {}}
        watch["metadata"] = {"out": "./schemas/Watch.out.json"}
        written["triggers"] = {"watch": watch}
        (checkout / "component.json").write_text(json.dumps(written, indent=2) + "\n")
        file = checkout / "schemas/Watch.out.json"
        file.write_text("{}")

        generator.generate(checkout)

        assert file.read_text() == "{}"

    def test_check_writes_nothing(self, checkout: Path) -> None:
        for file in (checkout / "schemas").iterdir():
            file.unlink()

        assert len(generator.check(checkout)) == 50
        assert list((checkout / "schemas").iterdir()) == []

    def test_json_is_indented_by_two_in_utf_8_with_a_line_break_at_the_end(
        self, checkout: Path
    ) -> None:
        for file in checkout.glob("**/*.json"):
            content = load(file)
            assert file.read_text("utf-8") == (
                json.dumps(content, indent=2, ensure_ascii=False) + "\n"
            )

    @pytest.mark.slow
    def test_models_of_the_host_are_not_read(self, checkout: Path, tmp_path: Path) -> None:
        # Given newer models of ECR in ~/.aws/models and in AWS_DATA_PATH
        home = tmp_path / "home"
        elsewhere = tmp_path / "elsewhere"
        for folder in (home / ".aws/models", elsewhere):
            (folder / "ecr/2099-01-01").mkdir(parents=True)
            (folder / "ecr/2099-01-01/service-2.json").write_text('{"metadata": {}}')
            (folder / "endpoints.json").write_text('{"partitions": []}')
        environment = {**os.environ, "HOME": str(home), "AWS_DATA_PATH": str(elsewhere)}

        # When files are generated there
        program = """
import sys
from pathlib import Path
from botocore.session import Session
from lib import generator
loader = Session().get_component("data_loader")
print(loader.list_api_versions("ecr", "service-2")[-1], generator.check(Path(sys.argv[1])))
"""
        result = subprocess.run(
            [sys.executable, "-c", program, str(checkout)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )

        # Then botocore itself sees the decoys, and the generator does not
        assert result.stdout == "2099-01-01 []\n"


class TestSchemas:
    def test_they_are_valid_draft_03(self, operation: OperationModel) -> None:
        for schema in (in_schema(operation.name), out_schema(operation.name)):
            assert schema["$schema"] == "http://json-schema.org/draft-03/schema#"
            assert schema["type"] == "object"
            Draft3Validator.check_schema(schema)

    def test_every_property_has_a_title_and_a_type(self, operation: OperationModel) -> None:
        for schema in (in_schema(operation.name), out_schema(operation.name)):
            for part in subschemas(schema):
                for name, prop in part.get("properties", {}).items():
                    assert prop["title"], name
                    assert prop["type"] in TYPES, name

    def test_every_input_says_what_it_means(self, operation: OperationModel) -> None:
        for part in subschemas(in_schema(operation.name)):
            for name, prop in part.get("properties", {}).items():
                assert len(prop["description"].split()) >= 4, name

    def test_orders_are_unique_and_fall_from_the_top(self, operation: OperationModel) -> None:
        for schema in (in_schema(operation.name), out_schema(operation.name)):
            for part in subschemas(schema):
                orders = [prop["order"] for prop in part.get("properties", {}).values()]
                assert orders == list(range(len(orders), 0, -1))

    def test_an_input_begins_with_required_members_and_ends_with_the_protocol(
        self, operation: OperationModel
    ) -> None:
        properties = in_schema(operation.name)["properties"]
        chosen = chosen_in_fields(operation.name)
        optional = [
            not prop.get("required") and name not in chosen for name, prop in properties.items()
        ]

        assert optional == sorted(optional)
        assert "registryId" not in list(properties)[: -len(PROTOCOL_INPUTS) - 1]
        assert tuple(properties)[-len(PROTOCOL_INPUTS) :] == PROTOCOL_INPUTS

    def test_required_stars_are_the_models_required_members(
        self, operation: OperationModel
    ) -> None:
        def compare(shape: Shape, schema: Json) -> None:
            if shape.type_name == "structure":
                own = {
                    name: prop
                    for name, prop in schema["properties"].items()
                    if shape is not operation.input_shape or name not in PROTOCOL_INPUTS
                }
                starred = {name for name, prop in own.items() if prop.get("required")}
                assert own.keys() == shape.members.keys()
                if shape is operation.input_shape:
                    starred |= chosen_in_fields(operation.name)
                assert starred == set(shape.required_members)
                assert schema["additionalProperties"] is False
                for name, member in shape.members.items():
                    compare(member, own[name])
            elif shape.type_name == "list":
                compare(shape.member, schema["items"])

        compare(operation.input_shape, in_schema(operation.name))

    def test_a_repository_has_no_star_where_a_field_may_name_it(self) -> None:
        for name in NAMES:
            properties = in_schema(name)["properties"]
            member = repository_member(name)
            if member is None:
                assert chosen_in_fields(name) == set()
                continue
            assert chosen_in_fields(name) == {member}
            assert "required" not in properties[member]
            assert "in the field Repository." in properties[member]["description"]
            assert member in faults(name, {})

    def test_no_output_is_required_or_limited(self, operation: OperationModel) -> None:
        for part in subschemas(out_schema(operation.name)):
            assert part.keys() <= {
                "$schema",
                "title",
                "description",
                "type",
                "format",
                "order",
                "items",
                "properties",
                "additionalProperties",
            }
            assert part.get("additionalProperties") is not False

    def test_descriptions_are_plain_text(self, operation: OperationModel) -> None:
        for schema in (in_schema(operation.name), out_schema(operation.name)):
            for part in subschemas(schema):
                description = part.get("description", "")
                assert not re.search(r"</?[a-z]|&#?\w+;|  |\s\n|\n\s", description)
                assert description == description.strip()

    def test_patterns_compile_and_mean_the_whole_string(self, operation: OperationModel) -> None:
        for part in subschemas(in_schema(operation.name)):
            if "pattern" in part:
                assert re.fullmatch(r"\^\(\?:.*\)\$", part["pattern"])
                re.compile(part["pattern"])  # a FutureWarning would fail the test

    def test_an_operation_with_an_empty_result_emits_an_object_without_properties(self) -> None:
        assert out_schema("TagResource")["properties"] == {}
        assert out_schema("UntagResource")["properties"] == {}

    def test_times_are_emitted_as_date_time(self) -> None:
        details = out_schema("DescribeImages")["properties"]["imageDetails"]["items"]["properties"]

        assert details["imagePushedAt"]["type"] == "string"
        assert details["imagePushedAt"]["format"] == "date-time"

    def test_times_are_described_as_they_are_emitted(self, operation: OperationModel) -> None:
        for part in subschemas(out_schema(operation.name)):
            if part.get("format") == "date-time":
                assert not re.search("JavaScript|Unix", part["description"])

    def test_known_severities_can_be_mapped_and_new_ones_pass(self) -> None:
        details = out_schema("DescribeImages")["properties"]["imageDetails"]["items"]["properties"]
        counts = details["imageScanFindingsSummary"]["properties"]["findingSeverityCounts"]

        assert counts["properties"]["CRITICAL"]["type"] == "integer"
        assert counts["additionalProperties"] == {"type": "integer"}

    def test_a_layer_part_has_the_bytes_of_the_largest_part(self) -> None:
        blob = in_schema("UploadLayerPart")["properties"]["layerPartBlob"]

        assert blob["type"] == "string"
        assert blob["format"] == "base64"
        assert blob["maxBytes"] == 20_971_520

    def test_limits_are_the_models(self) -> None:
        properties = in_schema("DescribeImages")["properties"]

        assert properties["repositoryName"]["minLength"] == 2
        assert properties["repositoryName"]["maxLength"] == 256
        assert properties["imageIds"]["minItems"] == 1
        assert properties["imageIds"]["maxItems"] == 100
        assert properties["maxResults"]["minimum"] == 1
        assert properties["maxResults"]["maximum"] == 1000
        assert properties["filter"]["properties"]["tagStatus"]["enum"] == [
            "TAGGED",
            "UNTAGGED",
            "ANY",
        ]

    def test_a_number_without_a_bound_in_the_model_is_bounded_by_its_bits(self) -> None:
        part = {
            "repositoryName": "web",
            "uploadId": "01234567-89ab-cdef-0123-456789abcdef",
            "partFirstByte": 0,
            "partLastByte": 2**63 - 1,
            "layerPartBlob": "AA==",
        }

        assert faults("UploadLayerPart", part) == []
        assert faults("UploadLayerPart", {**part, "partLastByte": 2**63}) == ["partLastByte"]

    def test_policies_say_that_an_object_is_taken_too(self) -> None:
        for name in NAMES:
            taken = JSON_TEXT_MEMBERS & in_schema(name)["properties"].keys()
            described = {
                member
                for member, prop in in_schema(name)["properties"].items()
                if "It can also be a JSON object" in prop["description"]
            }
            assert taken == described


class TestProtocolInputs:
    def test_a_request_signed_by_botocore_is_described_by_them(
        self, operation: OperationModel
    ) -> None:
        # Given a request with a session token, signed by the reference implementation
        request = AWSRequest("POST", "https://api.ecr.eu-central-1.amazonaws.com/", data=b"{}")
        credentials = Credentials("AKIDEXAMPLE", "secret", "FwoGZXIvYXdzEA//token+==")
        SigV4Auth(credentials, "ecr", "eu-central-1").add_auth(request)
        algorithm, rest = request.headers["Authorization"].split(" ", 1)
        parts = dict(part.split("=", 1) for part in rest.split(", "))

        # When its parts are given as protocol inputs
        given = {
            "Action": operation.name,
            "Version": "2015-09-21",
            "X-Amz-Content-Sha256": SigV4Auth(credentials, "ecr", "eu-central-1").payload(request),
            "X-Amz-Date": request.headers["X-Amz-Date"],
            "X-Amz-Algorithm": algorithm,
            "X-Amz-Credential": parts["Credential"],
            "X-Amz-Security-Token": request.headers["X-Amz-Security-Token"],
            "X-Amz-Signature": parts["Signature"],
            "X-Amz-SignedHeaders": parts["SignedHeaders"],
        }

        # Then each of them is right
        assert tuple(given) == PROTOCOL_INPUTS == tuple(protocol_inputs(operation))
        assert not {fault for fault in faults(operation.name, given) if fault in PROTOCOL_INPUTS}

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("Action", "ListImages"),
            ("Version", "2016-11-15"),
            ("X-Amz-Content-Sha256", "A" * 64),
            ("X-Amz-Date", "2025-01-31T23:59:59Z"),
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA1"),
            ("X-Amz-Credential", "AKIDEXAMPLE/20250131/eu-central-1/s3/aws4_request"),
            ("X-Amz-Security-Token", "two words"),
            ("X-Amz-Signature", "0" * 63),
            ("X-Amz-SignedHeaders", "Host;X-Amz-Date"),
        ],
    )
    def test_a_wrong_one_is_refused(self, name: str, value: str) -> None:
        assert faults("DescribeRepositories", {name: value}) == [name]


class TestText:
    @pytest.mark.parametrize(
        ("name", "title"),
        [
            ("repositoryName", "Repository Name"),
            ("imageIds", "Image IDs"),
            ("registryId", "Registry ID"),
            ("kmsKey", "KMS Key"),
            ("repositoryArn", "Repository ARN"),
            ("repositoryUri", "Repository URI"),
            ("GetDownloadUrlForLayer", "Get Download URL for Layer"),
            ("imageSizeInBytes", "Image Size in Bytes"),
            ("imagePushedAt", "Image Pushed At"),
            ("maxResults", "Maximum Results"),
            ("Key", "Key"),
            ("HIGH", "High"),
        ],
    )
    def test_a_name_becomes_words(self, name: str, title: str) -> None:
        assert text.title(name) == title

    def test_html_becomes_plain_text_one_line_a_paragraph(self) -> None:
        html = (
            "<p>Use the <code>docker</code>  CLI&#x2028; &amp; a\n <a href='x'>guide</a>.</p> "
            "<note> <p>Or <i>don't</i>. </p> </note>"
        )

        assert text.plain(html) == "Use the docker CLI & a guide.\nOr don't."

    def test_a_link_to_a_web_page_keeps_its_url(self) -> None:
        html = '<p>See <a href="https://aws.amazon.com/ecr/"> Amazon ECR</a>, <a>an image</a>.</p>'

        assert text.plain(html) == "See Amazon ECR (https://aws.amazon.com/ecr/), an image."

    def test_a_first_sentence_ends_where_the_next_begins(self) -> None:
        assert text.first_sentences("Gets an image, v1.2 e.g. this. For more, see AWS.", 1) == (
            "Gets an image, v1.2 e.g. this."
        )
        assert text.first_sentences("Gets an image.", 1) == "Gets an image."

    def test_two_sentences_may_stand_in_two_paragraphs(self) -> None:
        assert text.first_sentences("Gets it.\nOr not. Or both.", 2) == "Gets it. Or not."


class TestCorrections:
    """AWS's texts are edited where they would mislead a designer."""

    @pytest.mark.parametrize(
        "correction",
        [correction for corrections in CORRECTIONS.values() for correction in corrections],
        ids=lambda correction: str(correction.aws[:50]),
    )
    def test_each_still_finds_its_phrase_in_aws_s_texts(self, correction: Correction) -> None:
        assert correction in applied()

    def test_each_reason_is_a_sentence(self) -> None:
        assert not [reason for reason in CORRECTIONS if not re.fullmatch(r"[A-Z].*\.", reason)]

    def test_a_correction_holds_for_its_operation_alone(self) -> None:
        html = "<p>The JSON repository policy text to apply to the repository.</p>"

        assert corrected(html, "PutLifecyclePolicy") == (
            "The JSON lifecycle policy text to apply to the repository."
        )
        assert corrected(html, "SetRepositoryPolicy") == (
            "The JSON repository policy text to apply to the repository."
        )

    def test_a_line_that_is_left_empty_is_dropped(self) -> None:
        html = (
            "<p>Gets it.</p><p>When an image is pulled, the BatchGetImage API is called once to "
            "retrieve the image manifest.</p><p>Or not.</p>"
        )

        assert corrected(html, "BatchGetImage") == "Gets it.\nOr not."

    @pytest.mark.parametrize(
        "misleading",
        [
            r"\$",  # ImageDetail$imageScanStatus
            r"\b(\w+) \1\b",
            r"\b[Aa] [aeio]|\b[Aa]n [bcdfgjkpqtvwyz]",
            r"\.\.",
            "User Guide",
            r"see (?!.*https://)",
            r"CLI\b",
            "ECR proxy",
            r"\bcustomers\b",
            r"\bAPI is called",
            r"(?i)\bresponse\b|\bHTTP\b|\bSDK\b",
            r"\bnull\b",
            "JavaScript|Unix",
            "Amazon Web Services",
        ],
    )
    def test_no_text_misleads(self, operation: OperationModel, misleading: str) -> None:
        for schema in (in_schema(operation.name), out_schema(operation.name)):
            for part in subschemas(schema):
                assert not re.search(misleading, part.get("description", ""))


class TestDescriptor:
    def test_each_action_names_a_module_that_exists_and_that_describes_messages(self) -> None:
        actions = descriptor()["actions"]

        assert sorted(actions) == sorted(ACTIONS)
        for action in actions.values():
            assert (ROOT / action["main"]).is_file()
            assert action["dynamicMetadata"] is True
            assert "metadata" not in action
        for name in actions.keys() - {"CallOperation"}:
            for direction in ("in", "out"):
                assert (ROOT / f"schemas/{name}.{direction}.json").is_file()

    def test_each_module_is_for_its_action(self) -> None:
        actions = descriptor()["actions"]
        for name, action in ((name, actions[name]) for name in NAMES):
            module = ast.parse((ROOT / action["main"]).read_text())
            docstring = ast.get_docstring(module) or ""
            operations = {
                call.args[0].value
                for call in ast.walk(module)
                if isinstance(call, ast.Call) and isinstance(call.args[0], ast.Constant)
            }
            assert docstring.startswith(f"{action['title']}: ")
            assert f"/AmazonECR/latest/APIReference/API_{name}.html" in docstring
            assert operations == {name}

    def test_each_action_is_described_and_can_be_debugged(self) -> None:
        for name, action in descriptor()["actions"].items():
            assert action["title"] == text.title(name)
            if name in NAMES:
                assert action["help"]["description"].startswith(action["description"])
            anchor = action["title"].lower().replace(" ", "-")
            assert action["help"]["link"] == f"{REPOSITORY}/blob/main/docs/reference.md#{anchor}"
            assert action["fields"]["verbose"]["label"] == "Debug This Step"
            assert not re.search(r"</?[a-z]|&#?\w+;|  ", action["help"]["description"])

    def test_an_action_that_needs_a_repository_has_a_drop_down_of_them(self) -> None:
        actions = descriptor()["actions"]
        for name, action in ((name, actions[name]) for name in NAMES):
            member = repository_member(name)
            if member is None:
                assert not {"repositoryName", "resourceArn"} & action["fields"].keys()
                continue
            field = action["fields"][member]
            assert field["viewClass"] == "SelectView"
            assert field["label"] == "Repository"
            assert field["required"] is False
            assert field["prompt"]
            assert callable(getattr(Component.load(ROOT).module(name), field["model"]))

    def test_each_operation_of_amazon_ecr_can_be_chosen_by_its_subject_and_title(self) -> None:
        field = descriptor()["actions"]["CallOperation"]["fields"]["operation"]
        subjects = [label.partition(": ")[0] for label in field["model"].values()]

        assert field["model"].keys() == service.names()
        assert len(field["model"]) == 62
        assert field["required"] is True
        assert field["model"]["StartImageScan"] == "Image scanning: Start Image Scan"
        for name, label in field["model"].items():
            assert label.endswith(f": {text.title(name)}")
        # Those of one subject stand together
        assert subjects == sorted(subjects, key=[*dict.fromkeys(subjects)].index)

    def test_call_operation_has_every_field_of_an_operation_s_action(self) -> None:
        actions = descriptor()["actions"]
        fields = actions["CallOperation"]["fields"]

        others = {name: f for one in NAMES for name, f in actions[one]["fields"].items()}
        assert fields.keys() - others.keys() == {"operation"}
        assert others.keys() - fields.keys() == {"resourceArn"}
        for name in others.keys() & fields.keys():
            for part in ("viewClass", "label", "prompt", "model", "required"):
                assert fields[name].get(part) == others[name].get(part)

    def test_an_operation_with_pages_can_emit_them_in_three_ways(self) -> None:
        fields = {name: action["fields"] for name, action in descriptor()["actions"].items()}

        assert {name for name in NAMES if "emitBehavior" in fields[name]} == {
            "DescribeImages",
            "DescribeRepositories",
            "GetLifecyclePolicyPreview",
            "ListImages",
        }
        assert fields["ListImages"]["emitBehavior"]["model"] == {
            "fetchPage": "One page",
            "fetchAll": "All at once",
            "emitIndividually": "One message per item",
        }

    def test_what_is_looked_up_may_be_absent_where_amazon_ecr_has_an_error_for_it(self) -> None:
        fields = {name: action["fields"] for name, action in descriptor()["actions"].items()}

        assert {name for name in NAMES if "allowNotFound" in fields[name]} == {
            "BatchGetImage",
            "DescribeImages",
            "DescribeRepositories",
            "GetDownloadUrlForLayer",
            "GetLifecyclePolicy",
            "GetLifecyclePolicyPreview",
            "GetRepositoryPolicy",
            "ListImages",
            "ListTagsForResource",
        }

    def test_each_action_asks_who_signs_the_message(self) -> None:
        actions = descriptor()["actions"]
        for name in NAMES:
            assert actions[name]["fields"]["signature"]["model"] == {
                "connector": "The connector signs",
                "sender": "The message is signed by its sender",
            }

    def test_the_preview_alone_can_be_waited_for(self) -> None:
        fields = {name: action["fields"] for name, action in descriptor()["actions"].items()}

        assert [name for name in NAMES if "waitForCompletion" in fields[name]] == [
            "GetLifecyclePolicyPreview"
        ]

    def test_orders_of_actions_and_fields_are_unique(self) -> None:
        actions, fields = descriptor()["actions"], descriptor()["credentials"]["fields"]

        for entries in (actions, fields, *(action["fields"] for action in actions.values())):
            orders = [entry["order"] for entry in entries.values()]
            assert orders == list(range(len(entries), 0, -1))

    def test_secrets_are_entered_in_password_fields(self) -> None:
        fields = descriptor()["credentials"]["fields"]

        assert {name for name, f in fields.items() if f["viewClass"] == "PasswordFieldView"} == {
            "secretAccessKey",
            "sessionToken",
        }

    def test_every_region_that_has_ecr_can_be_chosen(self) -> None:
        regions = descriptor()["credentials"]["fields"]["region"]["model"]

        assert regions["eu-central-1"] == "Europe (Frankfurt) eu-central-1"
        assert {"us-east-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1"} <= regions.keys()
        assert not [code for code in regions if "fips" in code or "dkr" in code or "global" in code]

    def test_hand_written_parts_stay(self, checkout: Path) -> None:
        file = checkout / "component.json"
        written = load(file)
        written["title"] = "Mine"
        watch = {"title": "Watch", "type": "polling", "description": "It watches."}
        written["triggers"] = {"watch": {**watch, "help": {"description": "Mine."}}}
        written["credentials"]["fields"]["region"]["note"] = "Mine too"
        written["credentials"]["fields"]["region"]["model"] = {}
        mine = {**written["actions"]["ScanImage"], "title": "Scan Mine", "order": 7}
        copy = written["actions"]["CopyImage"]
        written["actions"] = {
            "CopyImage": copy,
            "ScanImage": mine,
            "DescribeImages": {"title": "Not mine"},
        }
        file.write_text(json.dumps(written))

        generator.generate(checkout)

        generated = load(file)
        assert generated["title"] == "Mine"
        link = f"{REPOSITORY}/blob/main/docs/triggers.md#watch"
        assert generated["triggers"] == {
            "watch": {**watch, "help": {"description": "Mine.", "link": link}}
        }
        assert generated["credentials"]["fields"]["region"]["note"] == "Mine too"
        assert len(generated["credentials"]["fields"]["region"]["model"]) > 40
        of_operations = [operation.name for operation in model.operations()]
        assert [*generated["actions"]] == [*of_operations, *OF_MANY_CALLS, "CallOperation"]
        assert generated["actions"]["DescribeImages"]["title"] == "Describe Images"
        link = f"{REPOSITORY}/blob/main/docs/reference.md#scan-mine"
        assert generated["actions"]["ScanImage"] == {
            **mine,
            "order": 2,
            "help": {**mine["help"], "link": link},
        }

    def test_the_version_is_the_connector_s(self, checkout: Path) -> None:
        file = checkout / "component.json"
        file.write_text(json.dumps({**load(file), "version": "0.0.1"}))

        generator.generate(checkout)

        assert load(file)["version"] == __version__
        assert descriptor()["version"] == __version__

    def test_the_project_s_urls_lead_to_its_repository(self) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

        assert project["urls"] == {
            "Homepage": REPOSITORY,
            "Repository": REPOSITORY,
            "Documentation": f"{REPOSITORY}/blob/main/README.md",
            "Changelog": f"{REPOSITORY}/blob/main/CHANGELOG.md",
        }
        assert descriptor()["docsUrl"] == project["urls"]["Documentation"]
        assert (ROOT / "README.md").is_file()
        assert (ROOT / "CHANGELOG.md").is_file()

    def test_each_help_link_leads_to_a_section_of_our_own(self) -> None:
        written = descriptor()
        functions = [*written["actions"].values(), *written["triggers"].values()]
        links = [entry["help"]["link"] for entry in (written["credentials"], *functions)]

        assert len(links) == len(set(links)) == 3 + len(ACTIONS)
        for link in links:
            path, _, anchor = link.removeprefix(f"{REPOSITORY}/blob/main/").partition("#")
            assert anchor in anchors((ROOT / path).read_text()), link


class TestReadme:
    def test_what_stands_around_the_markers_stays(self, checkout: Path) -> None:
        written = (checkout / "README.md").read_text()

        assert written.startswith(f"# Title\n\nBefore.\n\n{readme.BEGIN}\n")
        assert written.endswith(f"\n{readme.END}\n\nAfter.\n")
        assert "stale" not in written

    def test_each_action_is_a_link_to_its_section(self, checkout: Path) -> None:
        written = (checkout / "README.md").read_text()
        page = (checkout / "docs/reference.md").read_text()
        found = dict(re.findall(r"\[([^]]+)\]\(docs/reference\.md#([^)]+)\)", written))

        assert sorted(found) == sorted(map(text.title, ACTIONS))
        assert set(found.values()) <= anchors(page)

    @pytest.mark.parametrize(
        "content",
        [
            "# Title\n",
            f"{readme.BEGIN}\n",
            f"{readme.END}\n",
            f"{readme.END}\n{readme.BEGIN}\n",
            f"{readme.BEGIN}\n{readme.END}\n{readme.BEGIN}\n{readme.END}\n",
        ],
        ids=["neither", "no end", "no beginning", "wrong order", "twice"],
    )
    def test_wrong_markers_are_a_clear_error_and_nothing_is_written(
        self, checkout: Path, content: str
    ) -> None:
        (checkout / "README.md").write_text(content)
        missing = checkout / "schemas/PutImage.in.json"
        missing.unlink()

        with pytest.raises(generator.MarkerError, match=r"README\.md must have the line <!-- "):
            generator.generate(checkout)

        assert not missing.exists()


class TestReference:
    def test_every_table_row_has_as_many_cells_as_its_head(self, html: str) -> None:
        for table in re.findall(r"<table>.*?</table>", html, re.DOTALL):
            rows = re.findall(r"<tr>.*?</tr>", table, re.DOTALL)
            assert len({len(re.findall(r"<t[dh]>", row)) for row in rows}) == 1

    def test_every_action_lists_every_input_with_its_limits(self, html: str) -> None:
        sections = dict(re.findall(r"<h3>([^<]*)</h3>(.*?)(?=<h[23]>|$)", html, re.DOTALL))

        assert sorted(sections) == sorted(map(text.title, ACTIONS))
        for name in NAMES:
            section = sections[text.title(name)]
            assert f"<code>{name}</code>" in section
            assert f"<code>ecr:{name}</code>" in section
            assert f"API_{name}.html" in section
            assert '<a href="#protocol-inputs">' in section
            for member, prop in in_schema(name)["properties"].items():
                if member not in PROTOCOL_INPUTS:
                    assert f"<td><code>{member}</code></td>" in section
                    assert f"<code>{prop.get('pattern', member)}</code>" in section

    def test_every_action_of_many_calls_lists_its_fields_and_members(self, html: str) -> None:
        sections = dict(re.findall(r"<h3>([^<]*)</h3>(.*?)(?=<h[23]>|$)", html, re.DOTALL))

        for name in OF_MANY_CALLS:
            section = sections[text.title(name)]
            assert f"<code>{name}</code>" in section
            members = in_schema(name)["properties"] | out_schema(name)["properties"]
            for member in [*members, *descriptor()["actions"][name]["fields"]]:
                assert f"<td><code>{member}</code></td>" in section

    def test_every_action_of_many_calls_lists_its_operations_and_permissions(
        self, html: str
    ) -> None:
        sections = dict(re.findall(r"<h3>([^<]*)</h3>(.*?)(?=<h[23]>|$)", html, re.DOTALL))

        for calls in model.OF_MANY_CALLS.values():
            for name, called in calls.items():
                for operation in called:
                    assert f"API_{operation}.html" in sections[text.title(name)]
                    assert f"<code>ecr:{operation}</code>" in sections[text.title(name)]
                    if operation not in NAMES:
                        assert f"<code>{operation}</code> (called by " in html

    def test_every_protocol_input_is_listed_with_its_limits(self, html: str) -> None:
        section = html.partition("<h2>Protocol inputs</h2>")[2].partition("<h2>")[0]

        for member, prop in protocol_inputs(service.operation("PutImage")).items():
            assert f"<td><code>{member}</code></td>" in section
            assert f"<code>{prop.get('pattern', member)}</code>" in section

    def test_nested_members_stand_with_their_path(self, html: str) -> None:
        assert "<code>imageIds[].imageTag</code>" in html
        assert "<code>encryptionConfiguration.kmsKey</code>" in html
        assert "<code>repository.createdAt</code>" in html

    def test_links_within_it_lead_to_headings(self) -> None:
        page = reference.page(descriptor())

        assert set(re.findall(r"\]\(#([^)]+)\)", page)) <= anchors(page)

    def test_links_to_other_pages_lead_to_headings(self) -> None:
        for target in re.findall(r"\]\(([a-z][^):]+)\)", reference.page(descriptor())):
            path, _, anchor = target.partition("#")
            page = (ROOT / "docs" / path).read_text()
            assert not anchor or anchor in anchors(page), target

    def test_call_operation_lists_its_fields_and_what_has_no_action_of_its_own(
        self, html: str
    ) -> None:
        sections = dict(re.findall(r"<h3>([^<]*)</h3>(.*?)(?=<h[23]>|$)", html, re.DOTALL))
        section = sections["Call Operation"]

        for field in descriptor()["actions"]["CallOperation"]["fields"]:
            assert f"<td><code>{field}</code></td>" in section
        listed = re.findall(r'API_(\w+)\.html"><code>\w+</code>', section)
        assert sorted(listed) == sorted(service.names() - set(NAMES))

    def test_each_operation_of_amazon_ecr_can_be_called(self, html: str) -> None:
        without = [name for names in model.WITHOUT_ACTION.values() for name in names]

        assert sorted([*NAMES, *without]) == sorted(service.names())
        assert "62 of the 62 operations of Amazon ECR can be called: 25 by their own " in html
        completeness = html.partition("<h2>Completeness</h2>")[2]
        for name in NAMES:
            assert f">{name}</a>" in completeness
        for name in without:
            assert f"<code>{name}</code>" in completeness

    def test_each_field_and_each_trigger_is_explained(self, html: str) -> None:
        written = descriptor()
        fields = {**written["credentials"]["fields"]}
        for action in written["actions"].values():
            fields |= action["fields"]

        for name, field in fields.items():
            assert f"<td>{field['label']}</td>\n<td><code>{name}</code></td>" in html
        for name, trigger in written["triggers"].items():
            assert f">{trigger['title']}</a></td>\n<td><code>{name}</code></td>" in html

    def test_plain_text_stays_plain_in_a_table_cell(self) -> None:
        cell = markdown.cell("a|b *c* <d> $e$\n`f` [g]")  # the model has no such text today

        assert "<td>a|b *c* &lt;d&gt; $e$<br>`f` [g]</td>" in rendered(
            f"| h |\n| --- |\n| {cell} |\n"
        )

    def test_names_stand_out_and_pointers_are_links(self) -> None:
        plain = (
            "Needs ecr:PutImage and imageTag; see ECR (https://aws.amazon.com/a/userGuide.html)."
        )

        assert markdown.escaped(plain) == (
            "Needs `ecr:PutImage` and `imageTag`; "
            "see [ECR](https://aws.amazon.com/a/userGuide.html)."
        )

    def test_limits_are_in_words(self) -> None:
        items = {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 3}}

        assert members.limits(items) == "at least 1 items; each at least 3 characters"
        assert members.limits({"minimum": 0, "maximum": 2**63 - 1}) == "at least 0"
        assert members.limits({"enum": ["KMS"]}) == "`KMS`"
        assert members.limits({"enum": ["TAGGED", "UNTAGGED", "ANY"]}) == (
            "`TAGGED`, `UNTAGGED` or `ANY`"
        )
        assert anchored("^a|b$") == "^(?:a|b)$"
