"""The trigger New Images: each push exactly once, the oldest first."""

import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from lib.component.errors import (
    InvalidFieldError,
    InvalidSnapshotError,
    NoTimeError,
    WrongTimeError,
)
from lib.component.triggers.new_images.cursor import Cursor
from lib.component.triggers.new_images.trigger import MESSAGES_PER_SNAPSHOT, SETTLING_TIME
from lib.ecr import ServiceError
from lib.sailor import Step
from tests.support.aws_model import cfg_for, process
from tests.support.command import command
from tests.support.loopback import Loopback, Reply
from tests.support.registry import NOON, Registry, registry
from tests.support.repository import ROOT

LOGGER = logging.getLogger("tests.step")


class CrashError(Exception):
    """The process is gone, in the middle of an emit."""


@dataclass
class Trigger:
    """The trigger over its runs, with the snapshot that the platform keeps for it.

    Args:
        cfg: The step's configuration.
        snapshot: What the platform keeps.
        before_emit: Called with each event before it is delivered.
        events: What the last run emitted.
    """

    cfg: dict[str, Any]
    snapshot: dict[str, Any] = field(default_factory=dict)
    before_emit: Callable[[str], None] = lambda _: None
    events: list[tuple[str, Any]] = field(default_factory=list)

    def run(self) -> list[dict[str, Any]]:
        """Run it, and return the messages that it emitted."""
        self.events = []
        with suppress(CrashError):
            process("newImages")(Step(self._emit, LOGGER), {"body": {}}, self.cfg, self.snapshot)
        return [payload for event, payload in self.events if event == "data"]

    def uris(self) -> list[str]:
        """Run it, and return the URIs of the images that it emitted."""
        return [message["body"]["uri"] for message in self.run()]

    def _emit(self, event: str, payload: Any) -> None:
        self.before_emit(event)
        self.events.append((event, payload))
        if event == "snapshot":
            assert len(orjson.dumps(payload)) < 1000
            self.snapshot = orjson.loads(orjson.dumps(payload))


@pytest.fixture
def ecr() -> Iterator[Registry]:
    with registry() as running:
        yield running


@pytest.fixture
def shop(ecr: Registry) -> Registry:
    """A registry with the repositories ``shop`` and ``team/web``."""
    ecr.create("shop", "team/web")
    return ecr


def everything(ecr: Registry, **fields: Any) -> Trigger:
    return Trigger({**ecr.cfg, "startFrom": "beginning", **fields})


@pytest.mark.long
class TestManyImages:
    REPOSITORIES = tuple(f"team-{number % 7}/service-{number}" for number in range(50))

    def test_each_push_is_told_once_in_order(self, ecr: Registry) -> None:
        # Given 50 repositories, and pushes while they are listed and while messages are emitted
        ecr.create(*self.REPOSITORIES)
        pushed: list[str] = []

        def push(at: int | None = None) -> None:
            repository = self.REPOSITORIES[len(pushed) * 7 % 50]
            pushed.append(ecr.push(repository, len(pushed), f"v{len(pushed)}", at=at))

        def push_until_now(count: int, per_second: int) -> None:
            for left in range(count, 0, -1):
                push(ecr.now - left // per_second)

        def while_emitting(event: str) -> None:
            if event == "snapshot":
                ecr.now += 1
                push()
                push()

        trigger = everything(ecr)
        trigger.before_emit = while_emitting
        ecr.before_listing = lambda _: push()

        # When it runs three times, with pushes between, and once more for the pushes of the third
        push_until_now(3000, per_second=3)
        runs = [trigger.run()]
        ecr.now += 600
        push_until_now(1000, per_second=100)
        runs.append(trigger.run())
        ecr.now += 60
        while len(pushed) < 5000:
            push()
        ecr.now += 60
        runs.append(trigger.run())
        ecr.now += 60
        count = len(pushed)
        runs.append(trigger.run())

        # Then each push was emitted once, the oldest first
        told = [message["body"] for run in runs for message in run]
        assert sorted(body["uri"] for body in told) == sorted(pushed[:count])
        times = [body["imagePushedAt"] for body in told]
        assert times == sorted(times)
        assert len(set(times)) < len(times) / 2
        assert [len(run) > 50 for run in runs] == [True] * 4
        assert len({message["id"] for run in runs for message in run}) == count

    def test_a_crash_between_two_emits_loses_nothing_and_repeats_little(
        self, shop: Registry
    ) -> None:
        # Given
        pushed = {
            shop.push(("shop", "team/web")[number % 2], number, at=NOON - 60 + number // 9)
            for number in range(300)
        }
        trigger = everything(shop)
        emits = iter(range(0))

        def crash(_: str) -> None:
            if next(emits, None) is None:
                raise CrashError

        trigger.before_emit = crash

        # When it crashes after 0 emits, after one, and so on, and then no more
        runs = []
        for count in (*range(60), 1000):
            emits = iter(range(count))
            runs.append(trigger.run())

        # Then each was emitted, in order, and few of them again
        known: dict[str, str] = {}
        times = []
        for run in runs:
            ids = {message["id"]: message["body"]["uri"] for message in run}
            assert len(ids) == len(run)
            assert len(ids.keys() & known.keys()) <= MESSAGES_PER_SNAPSHOT
            times += [m["body"]["imagePushedAt"] for m in run if m["id"] not in known]
            known |= ids
        assert set(known.values()) == pushed
        assert len(known) == len(pushed)
        assert times == sorted(times)

    def test_what_is_too_much_for_memory_is_listed_again(
        self, shop: Registry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("lib.component.triggers.new_images.trigger.MOST_PUSHES", 7)
        pushed = [shop.push("shop", number, at=NOON - 100 + number // 5) for number in range(28)]

        assert everything(shop).uris() == pushed

    def test_snapshots_follow_what_they_cover_and_are_few(self, shop: Registry) -> None:
        for number in range(35):
            shop.push("shop", number, at=NOON - 60)
        trigger = everything(shop)
        trigger.run()

        kinds = "".join(event[0] for event, _ in trigger.events)
        assert kinds == "s" + "d" * 10 + "s" + "d" * 10 + "s" + "d" * 10 + "s" + "d" * 5 + "s"
        for (event, message), (following, place) in zip(
            trigger.events, trigger.events[1:-1], strict=False
        ):
            if (event, following) == ("data", "snapshot"):
                assert place["imageDigest"] == message["body"]["imageDigest"]
        assert trigger.snapshot == Cursor(NOON - SETTLING_TIME).as_snapshot()


class TestMessage:
    def test_it_tells_what_is_known_of_the_image(self, shop: Registry) -> None:
        uri = shop.push("team/web", 7, "v1", "latest", at=NOON - 60)
        [message] = everything(shop).run()

        digest = f"sha256:{7:064x}"
        registry_id = uri.partition(".")[0]
        assert message["body"] == {
            "repositoryName": "team/web",
            "registryId": registry_id,
            "uri": f"{registry_id}.dkr.ecr.eu-central-1.amazonaws.com/team/web@{digest}",
            "imageDigest": digest,
            "imageTags": ["v1", "latest"],
            "imageSizeInBytes": 7,
            "imagePushedAt": "2025-01-31T11:59:00.000Z",
            "imageManifestMediaType": "application/vnd.oci.image.manifest.v1+json",
        }
        assert list(message["headers"]) == ["x-amzn-requestid"]
        name = f"{uri} 2025-01-31T11:59:00.000Z"
        assert message["id"] == str(uuid.uuid5(uuid.NAMESPACE_URL, name))

    def test_its_schema_names_all_of_its_members(self) -> None:
        schema = orjson.loads((ROOT / "schemas/NewImages.out.json").read_bytes())
        orders = [prop["order"] for prop in schema["properties"].values()]

        with Loopback() as server:
            server.answer(repositories("shop"), images(IMAGE))
            [message] = Trigger(cfg_for(server, startFrom="beginning")).run()
        assert message["body"].keys() == schema["properties"].keys()
        assert orders == list(range(len(orders), 0, -1))
        assert all(prop["title"] and prop["type"] for prop in schema["properties"].values())

    def test_an_image_that_is_pushed_again_is_told_of_again(self, shop: Registry) -> None:
        trigger = everything(shop)
        shop.push("shop", 1, at=NOON - 60)
        [first] = trigger.run()
        shop.now += 60
        shop.push("shop", 1, at=NOON + 1)
        [second] = trigger.run()

        assert first["body"]["uri"] == second["body"]["uri"]
        assert first["id"] != second["id"]


class TestSettling:
    def test_a_push_waits_until_the_listing_must_show_it(self, shop: Registry) -> None:
        # Given one that is settled, and one that is not
        trigger = everything(shop)
        settled = shop.push("shop", 1, at=NOON - SETTLING_TIME - 1)
        waiting = shop.push("shop", 9, at=NOON - SETTLING_TIME)

        # When another of the same second shows up after the first run
        assert trigger.uris() == [settled]
        late = shop.push("shop", 5, at=NOON - SETTLING_TIME)

        # Then the next run emits both
        assert trigger.uris() == []
        shop.now += 1
        assert trigger.uris() == [late, waiting]
        shop.now += 100
        assert trigger.uris() == []

    def test_a_clock_that_goes_back_repeats_nothing(self, shop: Registry) -> None:
        trigger = everything(shop)
        first = shop.push("shop", 1, at=NOON - 60)
        assert trigger.uris() == [first]
        shop.now -= 55
        second = shop.push("shop", 2, at=NOON)

        assert trigger.uris() == []
        shop.now += 155
        assert trigger.uris() == [second]

    def test_a_snapshot_of_the_future_is_replaced_with_a_warning(
        self, shop: Registry, caplog: pytest.LogCaptureFixture
    ) -> None:
        # Given
        shop.push("shop", 1, at=NOON - 60)
        trigger = everything(shop)
        trigger.snapshot = Cursor(4_070_908_800).as_snapshot()  # 2099

        # When
        assert trigger.uris() == []

        # Then
        [line] = caplog.records
        assert line.getMessage() == (
            "The step's snapshot is of 2099-01-01T00:00:00.000Z, which is still to come; the"
            " trigger continues from now on, and images pushed before are not emitted"
        )
        assert trigger.snapshot == Cursor(NOON - SETTLING_TIME).as_snapshot()
        shop.now += 100
        pushed = shop.push("shop", 2, at=NOON)
        assert trigger.uris() == [pushed]

    def test_an_answer_of_the_future_is_an_error_and_moves_nothing(self) -> None:
        with Loopback() as server:
            date = "Thu, 31 Dec 2099 23:59:59 GMT"
            server.answer(Reply({"repositories": []}, headers={"Date": date}))
            trigger = Trigger(cfg_for(server))
            with pytest.raises(WrongTimeError) as raised:
                trigger.run()

        assert str(raised.value) == (
            f"The answer to DescribeRepositories has the Date {date}, more than a day ahead of"
            " this machine's clock; one of the two is wrong"
        )
        assert trigger.events == []

    def test_an_image_that_a_later_listing_shows_within_10_s_is_not_missed(
        self, shop: Registry
    ) -> None:
        # Given a push that the listing does not show for 9 s
        trigger = everything(shop)
        shop.now = NOON + 9
        earlier = shop.push("shop", 1, at=NOON - 2)
        assert trigger.uris() == [earlier]

        # When it shows up
        late = shop.push("shop", 2, at=NOON)

        # Then
        shop.now = NOON + 20
        assert trigger.uris() == [late]

    def test_the_time_is_that_of_the_first_page_of_repositories(self) -> None:
        # Given a second page that came half a minute later, and a push between the two
        first = Reply({"repositories": [REPOSITORY], "nextToken": "2"}, headers=DATE)
        later = {"Date": "Fri, 31 Jan 2025 12:00:30 GMT"}
        second = Reply({"repositories": []}, headers=later)
        pushed = {**IMAGE, "imagePushedAt": NOON - SETTLING_TIME + 5}

        # When
        with Loopback() as server:
            server.answer(first, second, images(pushed))
            trigger = Trigger(cfg_for(server, startFrom="beginning"))

            # Then the next run emits it
            assert trigger.run() == []
        assert trigger.snapshot == Cursor(NOON - SETTLING_TIME).as_snapshot()

    def test_a_push_has_10_s_to_show(self) -> None:
        assert SETTLING_TIME == 10

    def test_an_answer_without_the_time_is_an_error(self) -> None:
        with Loopback() as server:
            server.answer(Reply({"repositories": []}))
            with pytest.raises(NoTimeError, match="DescribeRepositories has no Date header"):
                Trigger(cfg_for(server)).run()


class TestStart:
    @pytest.mark.parametrize("fields", [{}, {"startFrom": ""}, {"startFrom": "now"}])
    def test_from_now_on_is_the_default(self, shop: Registry, fields: dict[str, str]) -> None:
        # Given images of before
        trigger = Trigger({**shop.cfg, **fields})
        shop.push("shop", 1, at=NOON - 60)

        # When it runs for the first time
        assert trigger.run() == []
        assert trigger.events == [("snapshot", Cursor(NOON - SETTLING_TIME).as_snapshot())]

        # Then only later ones are emitted
        later = shop.push("shop", 2)
        shop.now += 60
        assert trigger.uris() == [later]

    def test_a_first_run_that_fails_has_set_the_start(
        self, shop: Registry, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("lib.ecr.client.random.uniform", lambda *_: 0)
        trigger = everything(shop)
        uri = shop.push("shop", 1, at=NOON - 60)

        def unavailable(_: str) -> None:
            raise OSError

        shop.before_listing = unavailable
        assert trigger.run() == []
        assert [event for event, _ in trigger.events] == ["snapshot", "rebound"]
        shop.before_listing = lambda _: None
        trigger.cfg["startFrom"] = "now"
        assert trigger.uris() == [uri]

    def test_everything_begins_with_the_oldest(self, shop: Registry) -> None:
        new = shop.push("shop", 1, at=NOON - 60)
        old = shop.push("team/web", 2, at=NOON - 10_000_000)

        assert everything(shop).uris() == [old, new]

    def test_without_repositories_nothing_is_told(self, ecr: Registry) -> None:
        trigger = everything(ecr)

        assert trigger.run() == []
        ecr.create("shop")
        uri = ecr.push("shop", 1)
        ecr.now += 60
        assert trigger.uris() == [uri]


class TestSelection:
    @pytest.fixture
    def pushed(self, shop: Registry) -> dict[str, str]:
        """URIs of images, by a name for each."""
        names = {
            "shop v1": ("shop", "v1"),
            "shop v2": ("shop", "v2", "latest"),
            "shop untagged": ("shop",),
            "web v1": ("team/web", "v1"),
        }
        return {
            shop.push(repository, number, *tags, at=NOON - 60 + number): name
            for number, (name, (repository, *tags)) in enumerate(names.items())
        }

    @pytest.mark.parametrize(
        ("fields", "told"),
        [
            ({}, ["shop v1", "shop v2", "shop untagged", "web v1"]),
            ({"repositories": []}, ["shop v1", "shop v2", "shop untagged", "web v1"]),
            ({"repositories": ["team/web"]}, ["web v1"]),
            (
                {"repositories": ["team/web", "shop"]},
                ["shop v1", "shop v2", "shop untagged", "web v1"],
            ),
            ({"repositoryPattern": "team/*"}, ["web v1"]),
            ({"repositoryPattern": "*e*"}, ["web v1"]),
            ({"repositoryPattern": "sho?"}, ["shop v1", "shop v2", "shop untagged"]),
            ({"repositoryPattern": " team/* "}, ["web v1"]),
            ({"repositoryPattern": "web"}, []),
            ({"repositoryPattern": "SHOP"}, []),
            ({"repositories": ["shop"], "repositoryPattern": "team/*"}, []),
            ({"tagPattern": "v*"}, ["shop v1", "shop v2", "web v1"]),
            ({"tagPattern": "lat*"}, ["shop v2"]),
            ({"tagPattern": "*"}, ["shop v1", "shop v2", "web v1"]),
            ({"tagPattern": "v"}, []),
            ({"skipUntagged": True}, ["shop v1", "shop v2", "web v1"]),
            ({"skipUntagged": "on"}, ["shop v1", "shop v2", "web v1"]),
            ({"skipUntagged": False}, ["shop v1", "shop v2", "shop untagged", "web v1"]),
            ({"repositories": ["shop"], "tagPattern": "v1"}, ["shop v1"]),
        ],
    )
    def test_fields_choose_what_is_told_of(
        self, shop: Registry, pushed: dict[str, str], fields: dict[str, Any], told: list[str]
    ) -> None:
        assert [pushed[uri] for uri in everything(shop, **fields).uris()] == told

    def test_after_a_change_of_fields_it_goes_on_from_where_it_was(
        self, shop: Registry, pushed: dict[str, str]
    ) -> None:
        trigger = everything(shop, repositories=["shop"])
        assert len(trigger.run()) == 3
        trigger.cfg["repositories"] = ["team/web"]
        assert trigger.run() == []
        assert len(pushed) == 4

    @pytest.mark.slow
    def test_more_repositories_than_amazon_ecr_takes_at_once(self, ecr: Registry) -> None:
        names = [f"r{number:03}" for number in range(101)]
        ecr.create(*names)
        pushed = [ecr.push(name, 1, at=NOON - 60) for name in names]

        assert everything(ecr, repositories=names).uris() == pushed

    def test_pages_are_as_large_as_amazon_ecr_allows(self) -> None:
        # Given
        repositories_1 = Reply({"repositories": [REPOSITORY], "nextToken": "r"}, headers=DATE)
        with Loopback() as server:
            server.answer(repositories_1, repositories(), images(token="i"), images())

            # When
            Trigger(cfg_for(server, startFrom="beginning")).run()

            # Then
            asked = [request.json for request in server.requests]
        assert asked == [
            {"maxResults": 1000},
            {"maxResults": 1000, "nextToken": "r"},
            {"repositoryName": "shop", "maxResults": 1000},
            {"repositoryName": "shop", "maxResults": 1000, "nextToken": "i"},
        ]

    def test_only_chosen_repositories_are_asked_for(self) -> None:
        names = [f"r{number:03}" for number in range(101)]
        with Loopback() as server:
            server.answer(repositories())
            Trigger(cfg_for(server, repositories=names)).run()

            asked = [request.json for request in server.requests]
        assert asked == [{"repositoryNames": names[:100]}, {"repositoryNames": names[100:]}]

    @pytest.mark.parametrize(
        ("fields", "told"),
        [
            (
                {"repositories": "shop"},
                'repositories: got "shop", expected a list of names of repositories',
            ),
            ({"repositories": {"shop": True}}, 'repositories: got {"shop":true}, expected a list'),
            (
                {"repositories": ["shop", 7]},
                "repositories: got 7, expected a list of names of repositories",
            ),
            (
                {"repositories": [""]},
                'repositories: got "", expected a list of names of repositories',
            ),
            (
                {"tagPattern": ["v*"]},
                'tagPattern: got ["v*"], expected a string, in which * stands for any',
            ),
            ({"repositoryPattern": 7}, "repositoryPattern: got 7, expected a string"),
            (
                {"startFrom": "yesterday"},
                'startFrom: got "yesterday", expected now (From now on) or beginning',
            ),
            ({"startFrom": ["now"]}, 'startFrom: got ["now"], expected now (From now on) or '),
        ],
    )
    def test_a_field_that_holds_what_it_can_t_is_an_error_before_anything_is_sent(
        self, fields: dict[str, Any], told: str
    ) -> None:
        with Loopback() as server:
            with pytest.raises(InvalidFieldError) as caught:
                Trigger(cfg_for(server, **fields)).run()

            assert server.requests == []
        assert str(caught.value).startswith(told)

    def test_a_chosen_repository_that_is_not_there_is_an_error(self, shop: Registry) -> None:
        with pytest.raises(InvalidFieldError) as caught:
            everything(shop, repositories=["shop", "nobody"]).run()

        assert str(caught.value).startswith(
            'repositories: got ["shop","nobody"], expected names of existing repositories: '
            "RepositoryNotFoundException: The repository with name 'nobody' does not exist"
        )


class TestFaults:
    def test_a_repository_that_vanishes_meanwhile_is_left_out(
        self, shop: Registry, caplog: pytest.LogCaptureFixture
    ) -> None:
        shop.push("shop", 1, at=NOON - 60)
        uri = shop.push("team/web", 2, at=NOON - 50)

        def vanish(name: str) -> None:
            if name == "shop":
                shop.delete(name)

        shop.before_listing = vanish
        trigger = everything(shop)

        assert trigger.uris() == [uri]
        assert "Repository shop was deleted meanwhile; its images are skipped" in caplog.text

    def test_a_fault_that_lasts_is_a_rebound_that_goes_on_later(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Given a second page that is unavailable
        monkeypatch.setattr("lib.ecr.client.random.uniform", lambda *_: 0)
        with Loopback() as server:
            trigger = Trigger(cfg_for(server, startFrom="beginning"))
            unavailable = Reply(status=503)
            server.answer(repositories("shop"), images(IMAGE, token="2"), unavailable)
            # When
            assert trigger.run() == []
            # Then
            assert [event for event, _ in trigger.events] == ["snapshot", "rebound"]
            assert "DescribeImages failed after 3 attempts" in trigger.events[1][1]
            # And the copy finds all
            server.answer(repositories("shop"), images(IMAGE, token="2"), images())
            assert len(trigger.run()) == 1

    def test_any_other_fault_is_an_error(self) -> None:
        denied = Reply({"__type": "AccessDeniedException", "message": "no"}, status=400)
        with Loopback() as server:
            server.answer(repositories("shop"), denied)
            with pytest.raises(ServiceError, match="AccessDeniedException"):
                Trigger(cfg_for(server, startFrom="beginning")).run()
            server.answer(denied)
            with pytest.raises(ServiceError, match="AccessDeniedException"):
                Trigger(cfg_for(server, repositories=["shop"])).run()

    def test_an_image_that_two_pages_show_is_told_of_once(self) -> None:
        with Loopback() as server:
            server.answer(repositories("shop"), images(IMAGE, token="2"), images(IMAGE))
            trigger = Trigger(cfg_for(server, startFrom="beginning"))

            assert len(trigger.run()) == 1

    @pytest.mark.parametrize(
        "snapshot",
        [
            [1],
            "2025",
            {"since": "2025"},
            {"pushedAt": 1},
            {"pushedAt": True, "repositoryName": "", "imageDigest": ""},
            {"pushedAt": float("inf"), "repositoryName": "", "imageDigest": ""},
            {"pushedAt": "2025-01-01", "repositoryName": "", "imageDigest": ""},
            {"pushedAt": 1, "repositoryName": None, "imageDigest": ""},
            {"pushedAt": 1, "repositoryName": "shop", "imageDigest": 7},
        ],
    )
    def test_an_unreadable_snapshot_is_an_error_that_says_what_to_do(self, snapshot: Any) -> None:
        with Loopback() as server:
            with pytest.raises(
                InvalidSnapshotError, match="or reset it: the step then starts as if"
            ):
                Trigger(cfg_for(server), snapshot).run()

            assert server.requests == []


class TestCommand:
    def test_run_takes_a_trigger_and_its_snapshot(self, shop: Registry) -> None:
        shop.push("shop", 1, at=NOON - 100)
        uri = shop.push("shop", 2, at=NOON - 50)
        snapshot = Cursor(NOON - 60).as_snapshot()
        texts = (orjson.dumps(value).decode() for value in (shop.cfg, snapshot))
        cfg, kept = texts

        ran = command("run", "newImages", "--cfg", cfg, "--snapshot", kept)

        assert [event["event"] for event in ran.events] == ["data", "snapshot"]
        assert ran.events[0]["payload"]["body"]["uri"] == uri

    def test_debugging_logs_each_request(self, shop: Registry) -> None:
        cfg = orjson.dumps({**shop.cfg, "startFrom": "beginning", "verbose": True}).decode()

        ran = command("run", "newImages", "--cfg", cfg)

        asked = [line["msg"].split()[0] for line in ran.log]
        assert asked == ["DescribeRepositories"] * 2 + ["DescribeImages"] * 4


DATE = {"Date": "Fri, 31 Jan 2025 12:00:00 GMT"}
IMAGE = {
    "registryId": "123456789012",
    "imageDigest": f"sha256:{'0a' * 32}",
    "imageTags": ["v1"],
    "imageSizeInBytes": 1000,
    "imagePushedAt": NOON - 60.5,
    "imageManifestMediaType": "application/vnd.oci.image.manifest.v1+json",
    "artifactMediaType": "application/vnd.oci.image.config.v1+json",
}


REPOSITORY = {"repositoryName": "shop", "repositoryUri": "host.example/shop"}


def repositories(*names: str) -> Reply:
    found = [{"repositoryName": name, "repositoryUri": f"host.example/{name}"} for name in names]
    return Reply({"repositories": found}, headers=DATE)


def images(*found: dict[str, Any], token: str | None = None) -> Reply:
    return Reply({"imageDetails": list(found)} | ({"nextToken": token} if token else {}))
