"""What botocore knows of Amazon ECR: the operations that become actions, and the regions."""

from functools import cache

from botocore.model import OperationModel, ServiceModel

from lib.ecr.model import data, service_data

# By subject, what flows use most first: alphabetically, every list would begin with six "Delete".
# The layers come last, because pushing and pulling them is what container tools are for.
SUBJECTS = {
    "Repositories": (
        "CreateRepository",
        "DescribeRepositories",
        "DeleteRepository",
    ),
    "Images": (
        "DescribeImages",
        "ListImages",
        "BatchGetImage",
        "PutImage",
        "BatchDeleteImage",
    ),
    "Registry login": ("GetAuthorizationToken",),
    "Tags": (
        "TagResource",
        "ListTagsForResource",
        "UntagResource",
    ),
    "Lifecycle policies": (
        "PutLifecyclePolicy",
        "GetLifecyclePolicy",
        "StartLifecyclePolicyPreview",
        "GetLifecyclePolicyPreview",
        "DeleteLifecyclePolicy",
    ),
    "Repository policies": (
        "SetRepositoryPolicy",
        "GetRepositoryPolicy",
        "DeleteRepositoryPolicy",
    ),
    "Layers": (
        "BatchCheckLayerAvailability",
        "InitiateLayerUpload",
        "UploadLayerPart",
        "CompleteLayerUpload",
        "GetDownloadUrlForLayer",
    ),
}


def operation(name: str) -> OperationModel:
    """Return botocore's model of an operation, such as ``DescribeImages``."""
    return _service().operation_model(name)


def operations() -> list[OperationModel]:
    """Return the operations that become actions, in the order of the screens."""
    return [operation(name) for names in SUBJECTS.values() for name in names]


def regions() -> dict[str, str]:
    """Return every region that has Amazon ECR: its code and its name.

    Partition by partition, by name within a partition.
    """
    prefix = _service().endpoint_prefix
    found: dict[str, str] = {}
    for partition in data("endpoints")["partitions"]:
        # Beside regions, the endpoints hold pseudo-regions such as fips-us-east-1.
        codes = partition["services"][prefix]["endpoints"].keys() & partition["regions"].keys()
        names = {code: partition["regions"][code]["description"] for code in codes}
        found |= sorted(names.items(), key=lambda item: item[1])
    return found


@cache
def _service() -> ServiceModel:
    return ServiceModel(service_data("ecr", "service-2"), "ecr")
