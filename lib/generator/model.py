"""Operations and regions of Amazon ECR, from botocore's model of the service."""

from functools import cache

from botocore.model import OperationModel, ServiceModel

from lib.ecr.model import data, service_data

# The operations that become actions. What flows use most comes first: in alphabetical order every
# list would begin with six "Delete". Layers come last, as pushing them is what container tools do.
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

# The operations that do not become actions.
WITHOUT_ACTION = {
    "Repositories": ("PutImageTagMutability",),
    "Images": (
        "ListImageReferrers",
        "UpdateImageStorageClass",
    ),
    "Image scanning": (
        "StartImageScan",
        "DescribeImageScanFindings",
        "PutImageScanningConfiguration",
        "BatchGetRepositoryScanningConfiguration",
        "GetRegistryScanningConfiguration",
        "PutRegistryScanningConfiguration",
    ),
    "Image signing": (
        "DescribeImageSigningStatus",
        "GetSigningConfiguration",
        "PutSigningConfiguration",
        "DeleteSigningConfiguration",
    ),
    "Replication": (
        "DescribeImageReplicationStatus",
        "PutReplicationConfiguration",
        "StartReplicationBackfill",
        "ListReplicationBackfills",
        "DescribeReplicationBackfillResults",
        "StopReplicationBackfill",
    ),
    "Pull through cache": (
        "CreatePullThroughCacheRule",
        "DescribePullThroughCacheRules",
        "UpdatePullThroughCacheRule",
        "ValidatePullThroughCacheRule",
        "DeletePullThroughCacheRule",
    ),
    "Repository creation templates": (
        "CreateRepositoryCreationTemplate",
        "DescribeRepositoryCreationTemplates",
        "UpdateRepositoryCreationTemplate",
        "DeleteRepositoryCreationTemplate",
    ),
    "Pull time updates": (
        "RegisterPullTimeUpdateExclusion",
        "ListPullTimeUpdateExclusions",
        "DeregisterPullTimeUpdateExclusion",
    ),
    "Registry": (
        "DescribeRegistry",
        "GetRegistryPolicy",
        "PutRegistryPolicy",
        "DeleteRegistryPolicy",
        "GetAccountSetting",
        "PutAccountSetting",
    ),
}


def operation(name: str) -> OperationModel:
    """Return botocore's model of an operation, such as ``DescribeImages``."""
    return _service().operation_model(name)


def operations() -> list[OperationModel]:
    """Return the operations that become actions, in the order of the screens."""
    return [operation(name) for names in SUBJECTS.values() for name in names]


def regions() -> dict[str, str]:
    """Return the names of all regions that have Amazon ECR, by code.

    They are sorted by partition, and by name within a partition.
    """
    prefix = _service().endpoint_prefix
    found: dict[str, str] = {}
    for partition in data("endpoints")["partitions"]:
        # The endpoints also hold pseudo-regions such as fips-us-east-1.
        codes = partition["services"][prefix]["endpoints"].keys() & partition["regions"].keys()
        names = {code: partition["regions"][code]["description"] for code in codes}
        found |= sorted(names.items(), key=lambda item: item[1])
    return found


def names() -> set[str]:
    """Return the names of all operations of Amazon ECR."""
    return set(_service().operation_names)


@cache
def _service() -> ServiceModel:
    return ServiceModel(service_data("ecr", "service-2"), "ecr")
