"""What to copy and where to: the message of Copy Image, and the step's fields."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from lib.component import schemas
from lib.component.cfg import Cfg, is_ticked, text
from lib.component.connection import configuration_of
from lib.component.errors import InvalidMessageError
from lib.component.screens.repositories import repositories
from lib.component.validation import Validator
from lib.component.wording import type_name
from lib.ecr import Configuration, InvalidConfigurationError
from lib.http import is_loopback

FUNCTION = "CopyImage"
ALL_PLATFORMS = "all"

_CREATE = "createTargetRepository"
_TEXT_FIELDS = (
    "repositoryName",
    "imageTag",
    "targetRepositoryName",
    "targetImageTag",
    "targetRegion",
    "targetRoleArn",
    "targetExternalId",
    "platform",
)
_validator = Validator(FUNCTION, schemas.load(FUNCTION, "in"))


@dataclass(frozen=True)
class CopyRequest:
    """What to copy and where to.

    Args:
        repository: The name of the source.
        registry_id: The account of its registry, or the empty text for the credentials' own.
        image_id: The image, by ``imageTag`` or by ``imageDigest``.
        platform: The platform to copy of a multi-platform image, or the empty text for all.
        target_repository: The name of the target.
        target_registry_id: The account of its registry, or the empty text for its credentials' own.
        target_tag: The tag that the copy gets, or the empty text.
        creates_target: Whether to create the target if it does not exist.
        target_cfg: The credentials for the target.
    """

    repository: str
    registry_id: str
    image_id: Mapping[str, str]
    platform: str
    target_repository: str
    target_registry_id: str
    target_tag: str
    creates_target: bool
    target_cfg: Cfg

    @classmethod
    def read(cls, body: Any, cfg: Cfg) -> Self:
        """Read and check a message's body; a field stands in for a member that it lacks.

        Args:
            body: The message's body.
            cfg: The step's cfg: the credentials, and the fields of the form.

        Raises:
            InvalidFieldError: A field holds an invalid value.
            InvalidMessageError: All that is wrong with the body.
        """
        if not isinstance(body, dict):
            fault = f"body: got {type_name(body)}, expected an object"
            raise InvalidMessageError(FUNCTION, [fault])
        from_fields = chosen(cfg)
        if "imageDigest" in body:  # the field's tag is that of another image
            from_fields.pop("imageTag", None)
        members = {**from_fields, **body}
        faults = [*_validator.faults(members)]
        if not members.keys() & {"imageTag", "imageDigest"}:
            faults.append(
                "imageTag and imageDigest are missing; give one of them in the message, or choose"
                " a tag in the field Image"
            )
        if "targetExternalId" in members and "targetRoleArn" not in members:
            faults.append("targetRoleArn is missing; it is needed with targetExternalId")
        if faults:
            raise InvalidMessageError(FUNCTION, faults)
        tag, digest = members.get("imageTag", ""), members.get("imageDigest", "")
        platform = members.get("platform", ALL_PLATFORMS)
        return cls(
            repository=members["repositoryName"],
            registry_id=members.get("registryId", ""),
            image_id={"imageDigest": digest} if digest else {"imageTag": tag},
            platform="" if platform == ALL_PLATFORMS else platform,
            target_repository=members.get("targetRepositoryName", members["repositoryName"]),
            target_registry_id=members.get("targetRegistryId", ""),
            target_tag=members.get("targetImageTag", tag),
            creates_target=members[_CREATE],
            target_cfg=_target_cfg(cfg, members),
        )


def chosen(cfg: Cfg) -> dict[str, Any]:
    """Return the members that fields stand in for, if a message lacks them.

    Args:
        cfg: The step's cfg.

    Raises:
        InvalidFieldError: A field holds an invalid value.
    """
    texts = {name: value for name in _TEXT_FIELDS if (value := text(cfg, name).strip())}
    return {_CREATE: is_ticked(cfg, _CREATE), **texts}


def target_configuration(request: CopyRequest) -> Configuration:
    """Return the configuration of the target's client.

    Raises:
        InvalidMessageError: The target's region, role or external ID is invalid.
    """
    try:
        return configuration_of(request.target_cfg)
    except InvalidConfigurationError as error:
        faults = [f"the target's {fault}" for fault in error.faults]
        raise InvalidMessageError(FUNCTION, faults) from None


def target_repositories(cfg: Cfg) -> dict[str, str]:
    """Return the names of the target's repositories as a SelectView's model: ``{name: name}``.

    Args:
        cfg: The fields of the credentials and of the form.

    Raises:
        EcrError: As :meth:`lib.ecr.Client.call` does.
    """
    return repositories(_target_cfg(cfg, {name: text(cfg, name).strip() for name in _TEXT_FIELDS}))


def _target_cfg(cfg: Cfg, members: Mapping[str, Any]) -> dict[str, Any]:
    """Return the credentials' cfg with the target's region and role.

    A custom endpoint serves one region, except on this machine, where it is an emulator of all.
    """
    target = dict(cfg)
    region = members.get("targetRegion")
    if region and region != cfg.get("region"):
        target["region"] = region
        if not _is_on_this_machine(text(cfg, "endpoint")):
            target.pop("endpoint", None)
    if role := members.get("targetRoleArn"):
        target |= {"roleArn": role, "externalId": members.get("targetExternalId")}
    return target


def _is_on_this_machine(endpoint: str) -> bool:
    try:
        return is_loopback(urlsplit(endpoint.strip()).hostname or "")
    except ValueError:  # reported when the source's configuration is made
        return False
