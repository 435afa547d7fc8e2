"""Examples and defaults that the mapper's help shows, by the names of members.

The examples are of one registry, that of docs/designers.md: account 123456789012, eu-central-1.
"""

from collections.abc import Mapping
from typing import Any

import orjson

_IMAGE_DIGEST = "sha256:b59a24403cf2d2307c8f4f3a1b41f557686779a0aa00bcf83dfd1b67db297c36"
_LAYER_DIGEST = "sha256:4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"
_CONFIG_DIGEST = "sha256:3c4dc3e80e4ee0ec0a1b5ae1b1d3d95a2d80d0bff3c3ef4ffc7ac0a4b3a9a4d5"
_PRINCIPAL = "arn:aws:iam::123456789012:role/image-scanner"
_ARN = "arn:aws:ecr:eu-central-1:123456789012:repository/team/app"
_MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
_LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"
_TIME = "2025-01-01T00:00:00.123Z"
_MANIFEST = {
    "schemaVersion": 2,
    "mediaType": _MANIFEST_TYPE,
    "config": {
        "mediaType": "application/vnd.oci.image.config.v1+json",
        "digest": _CONFIG_DIGEST,
        "size": 1469,
    },
    "layers": [{"mediaType": _LAYER_TYPE, "digest": _LAYER_DIGEST, "size": 20}],
}
_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Pull",
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        }
    ],
}
_LIFECYCLE_POLICY = {
    "rules": [
        {
            "rulePriority": 1,
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": 14,
            },
            "action": {"type": "expire"},
        }
    ]
}

# A list stands for the items of a list of plain values.
_EXAMPLES: Mapping[str, Any] = {
    "CRITICAL": 0,
    "HIGH": 2,
    "INFORMATIONAL": 1,
    "Key": "team",
    "LOW": 7,
    "MEDIUM": 5,
    "UNDEFINED": 0,
    "Value": "checkout",
    "X-Amz-Content-Sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    "X-Amz-Credential": "AKIDEXAMPLE/20250131/eu-central-1/ecr/aws4_request",
    "X-Amz-Date": "20250131T235959Z",
    "X-Amz-Security-Token": "FwoGZXIvYXdzEBYaDEXAMPLETOKEN",
    "X-Amz-Signature": "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
    "X-Amz-SignedHeaders": "content-type;host;x-amz-date;x-amz-target",
    "acceptedMediaTypes": [
        _MANIFEST_TYPE,
        "application/vnd.docker.distribution.manifest.v2+json",
    ],
    "appliedFor": ["PULL_THROUGH_CACHE", "CREATE_ON_PUSH"],
    "appliedRulePriority": 1,
    "artifactMediaType": "application/vnd.oci.image.config.v1+json",
    "artifactStatus": "ACTIVE",
    "artifactType": "application/vnd.cncf.notary.signature",
    "artifactTypes": ["application/vnd.cncf.notary.signature", "application/spdx+json"],
    "authorizationToken": "QVdTOmV5SndZWGxzYjJGa0lqb2lSVmhCVFZCTVJTSjk=",
    "completedReplicationCount": 340,
    "credentialArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:"
    "ecr-pullthroughcache/docker-hub-AbCdEf",
    "customRoleArn": "arn:aws:iam::123456789012:role/ecr-templates",
    "description": "The scan was completed successfully.",
    "digest": _IMAGE_DIGEST,
    "downloadUrl": "https://prod-eu-central-1-starport-layer-bucket.s3.eu-central-1.amazonaws.com/"
    "1a2b3c-123456789012-layer?X-Amz-Expires=3600&X-Amz-Signature=EXAMPLE",
    "ecrRepositoryPrefix": "docker-hub",
    "ecrRepositoryPrefixes": ["docker-hub", "quay"],
    "encryptionType": "KMS",  # the one with a key
    "expiringImageTotalCount": 12,
    "failedReplicationCount": 2,
    "failure": "The credentials were refused by the upstream registry.",
    "failureCode": "ImageNotFound",
    "failureCodes": ["ACCESS_DENIED"],
    "failureReason": "Requested image not found",
    "filter": "dev-*",
    "filterType": "WILDCARD",
    "imageDigest": _IMAGE_DIGEST,
    "imageManifest": orjson.dumps(_MANIFEST).decode(),
    "imageManifestMediaType": _MANIFEST_TYPE,
    "imageSizeInBytes": 48201734,
    "imageStatus": "ACTIVE",
    "imageTag": "1.4.2",
    "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",  # the one with filters
    "imageTags": ["1.4.2", "stable"],
    "imageTotalCount": 3,
    "kmsKey": "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "lastByteReceived": 19,
    "layerAvailability": "AVAILABLE",
    "layerDigest": _LAYER_DIGEST,
    "layerDigests": [_LAYER_DIGEST],
    "layerPartBlob": "H4sIAAAAAAAAAwMAAAAAAAAAAAA=",  # gzip of nothing: 20 bytes
    "layerSize": 20,
    "lifecyclePolicy": orjson.dumps(_LIFECYCLE_POLICY).decode(),
    "lifecyclePolicyText": orjson.dumps(_LIFECYCLE_POLICY).decode(),
    "maxResults": 50,
    "mediaType": _LAYER_TYPE,
    "name": "BLOB_MOUNTING",
    "nextToken": "eyJuZXh0VG9rZW4iOiJFWEFNUExFIn0=",
    "partFirstByte": 0,
    "partLastByte": 19,
    "partSize": 10485760,
    "policyText": orjson.dumps(_POLICY).decode(),
    "prefix": "docker-hub",
    "prefixes": ["docker-hub", "team"],
    "principalArn": _PRINCIPAL,
    "proxyEndpoint": "https://123456789012.dkr.ecr.eu-central-1.amazonaws.com",
    "pullTimeUpdateExclusions": [_PRINCIPAL],
    "region": "eu-west-1",
    "registryId": "123456789012",
    "registryIds": ["123456789012"],
    "replicationBackfillId": "5c1d2e3f-4a5b-6c7d-8e9f-0a1b2c3d4e5f",
    "repositoryArn": _ARN,
    "repositoryName": "team/app",
    "repositoryNames": ["team/app", "team/web"],
    "repositoryPolicy": orjson.dumps(_POLICY).decode(),
    "repositoryUri": "123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/app",
    "resourceArn": _ARN,
    "scanFrequency": "SCAN_ON_PUSH",
    "scanType": "BASIC",
    "signingProfileArn": "arn:aws:signer:eu-central-1:123456789012:/signing-profiles/release",
    "size": 729,
    "status": "COMPLETE",
    "storageClass": "STANDARD",
    "subImageFailureCodes": ["ACCESS_DENIED"],
    "subjectManifestDigest": _IMAGE_DIGEST,
    "tagKeys": ["team", "stage"],
    "targetStorageClass": "ARCHIVE",
    "totalReplicationCount": 342,
    "type": "TRANSITION",  # the one with a target
    "uploadId": "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
    "upstreamRegistry": "docker-hub",
    "upstreamRegistryUrl": "registry-1.docker.io",
    "upstreamRepositoryPrefix": "library",
    "value": "ENABLED",
}
_PREFIX_FILTER = {"filter": "team", "filterType": "PREFIX_MATCH"}
_WILDCARD_FILTER = {"filter": "team/*", "filterType": "WILDCARD_MATCH"}
_TEMPLATE = {"description": "Settings of the repositories that a cache rule creates."}
# Members that stand for something else in one operation, or in one member of it.
_EXAMPLES_OF: Mapping[str, Mapping[str, Any]] = {
    "BatchCheckLayerAvailability": {
        "failureCode": "MissingLayerDigest",
        "failureReason": "Requested layer digest is missing",
    },
    "BatchGetRepositoryScanningConfiguration": {
        "failureCode": "REPOSITORY_NOT_FOUND",
        "failureReason": "The repository with name 'team/old' does not exist",
    },
    "CreateRepositoryCreationTemplate": _TEMPLATE,
    "DeleteRepositoryCreationTemplate": _TEMPLATE,
    "DeleteSigningConfiguration": _WILDCARD_FILTER,
    "DescribeImageReplicationStatus": {"failureCode": "ACCESS_DENIED"},
    "DescribeImageScanFindings": {
        "arch": "AMD64",
        "architecture": "amd64",
        "author": "team",
        "awsAccountId": "123456789012",
        "baseScore": 9.8,
        "description": "Some versions of the package hold malicious code.",
        "epoch": 0,
        "exploitAvailable": "YES",
        "filePath": "/usr/lib/x86_64-linux-gnu/liblzma.so.5",
        "findingArn": "arn:aws:inspector2:eu-central-1:123456789012:finding/0123456789abcdef",
        "fixAvailable": "YES",
        "fixedInVersion": "5.6.1+really5.4.5-1",
        "id": _ARN,
        "imageHash": _IMAGE_DIGEST,
        "imageScanStatus.description": _EXAMPLES["description"],
        "inUseCount": 2,
        "key": "package_name",
        "metric": "AV",
        "name": "CVE-2024-3094",
        "packageManager": "OS",
        "platform": "DEBIAN_13",
        "reason": "The package is not reachable from the network.",
        "referenceUrls": ["https://www.openwall.com/lists/oss-security/2024/03/29/4"],
        "registry": "123456789012",
        "relatedVulnerabilities": ["CVE-2024-3094"],
        "release": "1",
        "resources.type": "AWS_ECR_CONTAINER_IMAGE",
        "score": 9.8,
        "scoreSource": "NVD",
        "scoringVector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
        "severity": "CRITICAL",
        "source": "NVD",
        "sourceLayerHash": _LAYER_DIGEST,
        "sourceUrl": "https://nvd.nist.gov/vuln/detail/CVE-2024-3094",
        "status": "ACTIVE",
        "text": "Install a newer version of the package.",
        "title": "CVE-2024-3094 - xz-utils",
        "type": "PACKAGE_VULNERABILITY",
        "uri": "https://security-tracker.debian.org/tracker/CVE-2024-3094",
        "url": "https://security-tracker.debian.org/tracker/CVE-2024-3094",
        "value": "xz-utils",
        "vendorSeverity": "CRITICAL",
        "version": "3.1",
        "vulnerabilityId": "CVE-2024-3094",
        "vulnerablePackages.name": "xz-utils",
        "vulnerablePackages.version": "5.6.0",
    },
    "DescribeRegistry": _PREFIX_FILTER,
    "DescribeRepositoryCreationTemplates": _TEMPLATE,
    "GetSigningConfiguration": _WILDCARD_FILTER,
    "PutReplicationConfiguration": _PREFIX_FILTER,
    "PutSigningConfiguration": _WILDCARD_FILTER,
    "StartImageScan": {"status": "IN_PROGRESS", "description": "The scan is in progress."},
    "StartLifecyclePolicyPreview": {"status": "IN_PROGRESS"},
    "StartReplicationBackfill": {"status": "PREPARING"},
    "StopReplicationBackfill": {"status": "STOPPING"},
    "UpdateImageStorageClass": {"imageStatus": "ARCHIVED"},
    "UpdateRepositoryCreationTemplate": _TEMPLATE,
}
# What Amazon ECR takes for an input that is left out, by AWS's own texts.
_DEFAULTS: Mapping[str, Any] = {
    "encryptionType": "AES256",
    "force": False,
    "imageStatus": "ACTIVE",
    "imageTagMutability": "MUTABLE",
    "maxResults": 100,
    "scanOnPush": False,
}
_DEFAULTS_OF: Mapping[str, Mapping[str, Any]] = {
    "ListImageReferrers": {"artifactStatus": "ACTIVE", "maxResults": 20},
    "ListReplicationBackfills": {"maxResults": 25},
}
# What these leave out stays as it is.
_UPDATES = frozenset({"PutImageTagMutability", "UpdateRepositoryCreationTemplate"})


def defaults(operation: str) -> Mapping[str, Any]:
    """Return what Amazon ECR takes for inputs of an operation that are left out, by their names."""
    if operation in _UPDATES:
        return {}
    return {**_DEFAULTS, **_DEFAULTS_OF.get(operation, {})}


def examples(operation: str, parent: str, name: str, schema: Mapping[str, Any]) -> list[Any]:
    """Return examples of a plain member's values, or of its items; empty if none is known.

    Args:
        operation: The operation that the member belongs to.
        parent: The name of the member that it is in; empty if there is none.
        name: The member's name.
        schema: The schema of its values, or of its items.
    """
    of_operation = _EXAMPLES_OF.get(operation, {})
    known = of_operation.get(f"{parent}.{name}", of_operation.get(name, _EXAMPLES.get(name)))
    if known is not None:
        return known if isinstance(known, list) else [known]
    if "enum" in schema:
        return [schema["enum"][0]]
    if schema.get("format") == "date-time":
        return [_TIME]
    return [True] if schema["type"] == "boolean" else []
