"""Operations and regions of Amazon ECR, from botocore's model of the service."""

from botocore.model import OperationModel

from lib.component.shapes import service
from lib.ecr.model import data

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

# The actions that no single operation gives, each with the operations that it calls. Their entries
# and schemas are written by hand.
OF_MANY_CALLS: dict[str, dict[str, tuple[str, ...]]] = {
    "Whole images": {
        "CopyImage": (
            "BatchGetImage",
            "GetDownloadUrlForLayer",
            "BatchCheckLayerAvailability",
            "InitiateLayerUpload",
            "UploadLayerPart",
            "CompleteLayerUpload",
            "PutImage",
            "DescribeRepositories",
            "CreateRepository",
        )
    },
    "Image scanning": {"ScanImage": ("StartImageScan", "DescribeImageScanFindings")},
}

# The action that calls any operation.
ANY_OPERATION = {"Any operation": ("CallOperation",)}

# The operations without their own action.
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


def actions() -> dict[str, tuple[str, ...]]:
    """Return the names of all actions by subject, in the order of the screens."""
    return {
        subject: tuple(names)
        for subject, names in (SUBJECTS | OF_MANY_CALLS | ANY_OPERATION).items()
    }


def all_operations() -> dict[str, tuple[str, ...]]:
    """Return the names of all operations of Amazon ECR by subject, those with an action first."""
    return {
        subject: SUBJECTS.get(subject, ()) + WITHOUT_ACTION.get(subject, ())
        for subject in SUBJECTS | WITHOUT_ACTION
    }


def operations() -> list[OperationModel]:
    """Return the operations that become actions, in the order of the screens."""
    return [service.operation(name) for names in SUBJECTS.values() for name in names]


def regions() -> dict[str, str]:
    """Return the names of all regions that have Amazon ECR, by code.

    They are sorted by partition, and by name within a partition.
    """
    prefix = service.model().endpoint_prefix
    found: dict[str, str] = {}
    for partition in data("endpoints")["partitions"]:
        # The endpoints also hold pseudo-regions such as fips-us-east-1.
        codes = partition["services"][prefix]["endpoints"].keys() & partition["regions"].keys()
        names = {code: partition["regions"][code]["description"] for code in codes}
        found |= sorted(names.items(), key=lambda item: item[1])
    return found
