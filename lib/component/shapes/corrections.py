"""Corrections of AWS's texts where they would mislead a flow designer.

Each entry holds what AWS writes and what we write instead, under the reason. The tests fail as soon
as AWS's texts no longer contain an entry's phrase, so no entry outlives its cause.
"""

from dataclasses import dataclass
from functools import cache

from lib.component.shapes import text


@dataclass(frozen=True)
class Correction:
    """A phrase of AWS's and its replacement.

    Attributes:
        aws: The phrase in plain text; ``{operation}`` stands for the operation's name.
        ours: The replacement, likewise; a line that becomes empty is dropped.
        operation: The only operation whose texts are corrected; empty for all operations.
    """

    aws: str
    ours: str
    operation: str = ""

    def apply(self, plain: str, operation: str) -> str:
        """Return a plain text of an operation with the phrase replaced."""
        if self.operation not in {"", operation}:
            return plain
        aws, ours = (it.replace("{operation}", operation) for it in (self.aws, self.ours))
        return plain.replace(aws, ours)


@cache  # the model has a few hundred texts, and a page asks for them again and again
def corrected(html: str, operation: str) -> str:
    """Return a text of AWS's model as corrected plain text, one line per paragraph.

    Args:
        html: The text of an operation or of a member.
        operation: The name of the operation whose description or schema the text is for.
    """
    plain = text.plain(html)
    for corrections in CORRECTIONS.values():
        for correction in corrections:
            plain = correction.apply(plain, operation)
    lines = (" ".join(line.split()) for line in plain.splitlines())
    return "\n".join(line for line in lines if line)


# Corrections by reason. They are applied from top to bottom, so later phrases are written as the
# earlier corrections leave them.
CORRECTIONS = {
    "A shorter name or phrase means the same.": (
        Correction("Amazon Web Services", "AWS"),
        Correction("AWS account ID associated with the registry", "AWS account ID of the registry"),
        Correction(
            "The registry ID associated with the request.",
            "The AWS account ID of the registry.",
        ),
        Correction(
            "The repository name associated with the request.",
            "The name of the repository.",
        ),
        Correction("for the specified repository", "for a repository"),
        Correction("associated with the specified repository", "of a repository"),
        Correction("to the specified repository", "to a repository"),
        Correction(" in the Amazon Elastic Container Registry User Guide", ""),
        Correction(" in the Amazon Simple Storage Service Console Developer Guide", ""),
        Correction(" in the AWS Signer Developer Guide", ""),
        Correction(
            "Tag keys can have a maximum character length of 128 characters, and tag values can "
            "have a maximum length of 256 characters.",
            "A key has at most 128 characters, a value at most 256.",
        ),
    ),
    "It is misspelled or ungrammatical.": (
        Correction("the the resource", "the resource"),
        Correction("witin", "within"),
        Correction("transitoned", "transitioned"),
        Correction("amazonaws.com..", "amazonaws.com."),
        Correction("pair that make up a tag", "pair that makes up a tag"),
        Correction("to help you categorize and organize them", "to categorize and organize it"),
        Correction(
            "registry to create the repository",
            "registry in which to create the repository",
        ),
        Correction("the max size of", "the maximum size of"),
        Correction(
            "with the KMS Management Service key stored in KMS",
            "with a key stored in AWS KMS",
        ),
        Correction("with Key Management Service key stored in KMS", "with a key stored in AWS KMS"),
        Correction("encryption keys which encrypts", "encryption keys, which encrypt"),
        Correction("A tag is an array of key-value pairs.", "A tag is a key-value pair."),
        Correction("List the tags for an Amazon ECR resource.", "Lists the tags of a repository."),
        Correction("lock outs", "lockouts"),
        Correction("with an KMS key", "with a KMS key"),
        Correction("has been adjustment", "has been adjusted"),
        Correction("about adjustment Amazon Inspector", "about adjustments that Amazon Inspector"),
        Correction("Amazon Resource Number", "Amazon Resource Name"),
        Correction(
            "to the repository to help you categorize and organize.",
            "to the repository to categorize and organize it.",
        ),
        Correction(
            "The supported scenarios are PULL_THROUGH_CACHE, REPLICATION, and CREATE_ON_PUSH",
            "The supported scenarios are PULL_THROUGH_CACHE, REPLICATION, and CREATE_ON_PUSH.",
        ),
    ),
    "It advises against the action that the designer has chosen.": (
        Correction(
            "This operation is used by the Amazon ECR proxy and is not generally used by customers "
            "for pulling and pushing images. In most cases, you should use the docker CLI to pull, "
            "tag, and push images.",
            "",
        ),
        Correction(
            "The authorizationToken returned is a base64 encoded string that can be decoded and "
            "used in a docker login command to authenticate to a registry. The CLI offers an "
            "get-login-password command that simplifies the login process.",
            "It is a secret: the base64 form of a user name and a password for the registry, "
            "joined by a colon.",
        ),
    ),
    "It says how container clients call the API, not what the step is good for.": (
        Correction(
            "When an image is pushed and all new image layers have been uploaded, the PutImage API "
            "is called once to create or update the image manifest and the tags associated with "
            "the image.",
            "This is the last step of a push: all layers must have been uploaded.",
        ),
        Correction(
            "When an image is pulled, the BatchGetImage API is called once to retrieve the image "
            "manifest.",
            "",
        ),
        Correction(
            "When an image is pushed to a repository, each image layer is checked to verify if it "
            "has been uploaded before. If it has been uploaded, then the image layer is skipped.",
            "A layer that is available need not be uploaded again.",
        ),
        Correction(
            "Notifies Amazon ECR that you intend to upload an image layer.",
            "Starts the upload of an image layer.",
        ),
        Correction(
            "When an image is pushed, the InitiateLayerUpload API is called once per image layer "
            "that has not already been uploaded. Whether or not an image layer has been uploaded "
            "is determined by the BatchCheckLayerAvailability API action.",
            "The upload ID in the result is needed to upload its parts and to complete it.",
        ),
        Correction(
            "When an image is pushed, each new image layer is uploaded in parts. The maximum size "
            "of each image layer part can be 20971520 bytes (or about 20MB). The UploadLayerPart "
            "API is called once per each new image layer part.",
            "A part has at most 20971520 bytes (20 MiB); a larger layer takes several parts, in "
            "order.",
        ),
        Correction(
            "Informs Amazon ECR that the image layer upload has completed for a specified "
            "registry, repository name, and upload ID. You can optionally provide a sha256 digest "
            "of the image layer for data validation purposes.",
            "Completes the upload of an image layer once all its parts have been uploaded. Amazon "
            "ECR checks the layer against the sha256 digest in layerDigests.",
        ),
        Correction(
            "When an image is pushed, the CompleteLayerUpload API is called once per each new "
            "image layer to verify that the upload has completed.",
            "",
        ),
        Correction(
            "When an image is pulled, the GetDownloadUrlForLayer API is called once per image "
            "layer that is not already cached.",
            "",
        ),
        Correction(
            "Starting with Docker version 1.9, the Docker client compresses image layers before "
            "pushing them to a V2 Docker registry. The output of the docker images command shows "
            "the uncompressed image size. Therefore, Docker might return a larger image than the "
            "image shown in the AWS Management Console.",
            "Sizes are those of the compressed layers; the command docker images shows the larger "
            "uncompressed sizes.",
        ),
    ),
    "It names shapes of AWS's model, or as code what designers know as an action.": (
        Correction(
            "The new version of Amazon ECR Basic Scanning doesn't use the "
            "ImageDetail$imageScanFindingsSummary and ImageDetail$imageScanStatus attributes from "
            "the API response to return scan results. Use the DescribeImageScanFindings API "
            "instead. For more information about AWS native basic scanning, see",
            "With AWS native basic scanning, imageScanFindingsSummary and imageScanStatus do not "
            "hold the results; the API operation DescribeImageScanFindings returns them. For more "
            "information, see",
        ),
        Correction(
            "The imageScanningConfiguration parameter is being deprecated, in favor of specifying "
            "the image scanning configuration at the registry level. For more information, see "
            "PutRegistryScanningConfiguration.\nThe image scanning configuration for the "
            "repository. This determines",
            "Deprecated by AWS in favor of a scanning configuration of the whole registry. It "
            "determines",
        ),
        Correction(
            "unless a scan is manually started with the API_StartImageScan "
            "(https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_StartImageScan.html) "
            "API",
            "unless a scan is started manually",
        ),
        Correction(
            "You can filter images based on whether or not they are tagged by using the tagStatus "
            "filter and specifying either TAGGED, UNTAGGED or ANY. For example, you can filter "
            "your results to return only UNTAGGED images and then pipe that result to a "
            "BatchDeleteImage operation to delete them. Or, you can filter your results to return "
            "only TAGGED images to list all of the tags in your repository.",
            "Set tagStatus in the filter to TAGGED to list all tags, or to UNTAGGED to find images "
            "without a tag, for example to delete them with Batch Delete Image.",
        ),
        Correction(
            "This parameter is passed to further UploadLayerPart and CompleteLayerUpload "
            "operations.",
            "Upload Layer Part and Complete Layer Upload need it.",
        ),
        Correction(
            "a previous InitiateLayerUpload operation to associate with",
            "Initiate Layer Upload for",
        ),
        Correction(
            "A list of ImageDetail objects that contain data about the image.",
            "The images.",
        ),
        Correction(
            "An object that describes an image returned by a DescribeImages operation.",
            "An image.",
        ),
        Correction(
            "An object with identifying information for an image in an Amazon ECR repository.",
            "An image, identified by its tag, its digest or both.",
        ),
        Correction(
            "A list of image objects corresponding to the image references in the request.",
            "The images that were found.",
        ),
        Correction(
            "A list of image layer objects corresponding to the image layer references in the "
            "request.",
            "The layers that were asked for.",
        ),
        Correction(
            "An object representing an Amazon ECR image failure.",
            "An image for which the operation failed.",
        ),
        Correction(
            "An object representing an Amazon ECR image layer failure.",
            "A layer for which the operation failed.",
        ),
        Correction("An object representing a", "A"),
        Correction("An object containing the", "The"),
        Correction(
            "A list of repository objects corresponding to valid repositories.",
            "The repositories.",
        ),
        Correction("{operation}Request", "{operation}"),
        Correction(
            "A list of enumerable strings representing the Amazon ECR repository creation "
            "scenarios that this template will apply towards.",
            "The scenarios of repository creation to which the template applies.",
        ),
        Correction(
            "A list of enumerable Strings representing the repository creation scenarios that this "
            "template will apply towards.",
            "The scenarios of repository creation to which the template applies.",
        ),
        Correction(
            "Updates the list of enumerable strings representing the Amazon ECR repository "
            "creation scenarios that this template will apply towards.",
            "The scenarios of repository creation to which the template applies from now on.",
        ),
        Correction("Retrieves the name of the account setting.", "The name of the setting."),
        Correction("Retrieves the value of the specified account setting.", "The setting's value."),
        Correction(
            "The PutImageScanningConfiguration API is being deprecated, in favor of specifying the "
            "image scanning configuration at the registry level. For more information, see "
            "PutRegistryScanningConfiguration.\nUpdates the image scanning configuration for a "
            "repository.",
            "Updates the image scanning configuration for a repository. Deprecated by AWS in favor "
            "of a scanning configuration of the whole registry, which "
            "PutRegistryScanningConfiguration sets.",
        ),
        Correction(
            "The first time the PutReplicationConfiguration API is called, a service-linked IAM "
            "role is created in your account for the replication process.",
            "The first time, a service-linked IAM role is created in your account for the "
            "replication process.",
        ),
        Correction(
            "This permission is controlled using a registry permissions policy. For more "
            "information, see PutRegistryPolicy.",
            "A registry permissions policy grants it; PutRegistryPolicy sets one.",
        ),
    ),
    "It explains pages by requests and responses; a last page has no token, not a null one.": (
        Correction(
            "The nextToken value returned from a previous paginated {operation} request where "
            "maxResults was used and the results exceeded the value of that parameter. Pagination "
            "continues from the end of the previous results that returned the nextToken value. "
            "This value is null when there are no more results to return.",
            "The nextToken of an earlier result, to get the page that follows it.",
        ),
        Correction(
            "This token should be treated as an opaque identifier that is only used to retrieve "
            "the next items in a list and not for other programmatic purposes.",
            "",
        ),
        Correction(
            "The nextToken value to include in a future {operation} request. When the results of a "
            "{operation} request exceed maxResults, this value can be used to retrieve the next "
            "page of results. This value is null when there are no more results to return.",
            "The value of nextToken that gets the next page. The last page has none.",
        ),
        Correction(
            "results returned by {operation} in paginated output. When this parameter is used, "
            "{operation} only returns maxResults results in a single page along with a nextToken "
            "response element. The remaining results of the initial request can be seen by sending "
            "another {operation} request with the returned nextToken value. This value can be "
            "between",
            "results on a page,",
        ),
        Correction(
            "1 and 1000. If this parameter is not used, then {operation} returns up to 100 results "
            "and a nextToken value, if applicable.",
            "1 to 1000. Without it, a page has up to 100.",
        ),
        Correction(
            "returned by {operation} in paginated output. When this parameter is used, "
            "{operation} only returns maxResults results in a single page along with a nextToken "
            "response element. The remaining results of the initial request can be seen by sending "
            "another {operation} request with the returned nextToken value. This value can be "
            "between",
            "on a page,",
        ),
        Correction(
            "1 and 50. If this parameter is not used, then {operation} returns up to 20 results "
            "and a nextToken value, if applicable.",
            "1 to 50. Without it, a page has up to 20.",
        ),
        Correction(
            "1 and 50. If this parameter is not used, then {operation} returns up to 25 results "
            "and a nextToken value, if applicable.",
            "1 to 50. Without it, a page has up to 25.",
        ),
        Correction(
            "1 and 100. If this parameter is not used, then {operation} returns up to 100 results "
            "and a nextToken value, if applicable.",
            "1 to 100. Without it, a page has up to 100.",
        ),
        Correction(
            "maximum number of repository results",
            "maximum number of images",
            "DescribeImages",
        ),
        Correction(
            "maximum number of repository results",
            "maximum number of images",
            "GetLifecyclePolicyPreview",
        ),
        Correction("maximum number of repository results", "maximum number of repositories"),
        Correction(
            "maximum number of repositories",
            "maximum number of templates",
            "DescribeRepositoryCreationTemplates",
        ),
        Correction(
            "This value is null until the replication backfill finishes preparing the set of "
            "images to replicate. It is therefore null while the replication backfill is "
            "PREPARING, and remains null if the replication backfill is stopped before preparation "
            "completes.",
            "It is missing while the replication backfill is PREPARING, and if the backfill is "
            "stopped before its preparation completes.",
        ),
        Correction(
            "This value is null while the replication backfill is still in progress.",
            "It is missing while the replication backfill is in progress.",
        ),
        Correction("maximum number of image results", "maximum number of images"),
        Correction(
            "This option cannot be used when you specify repositories with repositoryNames.",
            "It cannot be combined with repositoryNames.",
        ),
        Correction(
            "This option cannot be used when you specify images with imageIds.",
            "It cannot be combined with imageIds.",
        ),
    ),
    "It names a date format of another language, while the step emits RFC 3339.": (
        Correction("expressed in standard JavaScript date format", "in RFC 3339 format"),
        Correction("JavaScript date format", "RFC 3339 format"),
        Correction("Unix time in seconds and milliseconds", "date and time, in RFC 3339 format,"),
    ),
    "It is not what the action does, takes or emits.": (
        Correction(
            "Gets detailed information for an image. Images are specified with either an imageTag "
            "or imageDigest.",
            "Gets the manifests of images, each given by its imageTag or its imageDigest.",
        ),
        Correction(
            "contains the images to describe",
            "contains the images to get",
            "BatchGetImage",
        ),
        Correction(
            "A list of image ID references that correspond to images to describe. The format of "
            "the imageIds reference is imageTag=tag or imageDigest=digest.",
            "The images to get, each given by its imageTag or its imageDigest.",
        ),
        Correction(
            "A list of image ID references that correspond to images to delete. The format of the "
            "imageIds reference is imageTag=tag or imageDigest=digest.",
            "The images to delete, each given by its imageTag or its imageDigest.",
        ),
        Correction(
            "The list of image IDs for the requested repository.",
            "The images to describe, each given by its imageTag or its imageDigest. Without it, "
            "all images are described.",
            "DescribeImages",
        ),
        Correction(
            "The list of image IDs for the requested repository.",
            "The image IDs: one for each tag, and one for each image without a tag.",
        ),
        Correction(
            "Lists all the image IDs for a repository.",
            "Lists the image IDs of a repository.",
        ),
        Correction(
            "The list of imageIDs to be included.",
            "The images to include. Without it, all images are included.",
        ),
        Correction(
            "The repository with image IDs to be listed.",
            "The repository whose images to list.",
        ),
        Correction(
            "The JSON repository policy text to apply",
            "The JSON lifecycle policy text to apply",
            "PutLifecyclePolicy",
        ),
        Correction("The JSON repository policy text.", "The JSON lifecycle policy text."),
        Correction(
            "The list of images that is returned as a result of the action.",
            "How many images the policy would expire or move to another storage class.",
        ),
        Correction("Any failures associated with the call.", "What could not be done, and why."),
        Correction(
            "A list of AWS account IDs that are associated with the registries for which to get "
            "AuthorizationData objects. If you do not specify a registry, the default registry is "
            "assumed.",
            "Deprecated by AWS: the token gives access to every registry that the credentials may "
            "access, whichever account IDs are given here.",
        ),
        Correction(
            "A list of authorization token data objects that correspond to the registryIds values "
            "in the request.",
            "The authorization tokens.",
        ),
        Correction(
            "The size of the authorization token returned by Amazon ECR is not fixed. We recommend "
            "that you don't make assumptions about the maximum size.",
            "The size of a token is not fixed.",
        ),
        Correction(
            "The integer value of the last byte received in the request.",
            "The position of the last byte received, within the layer.",
        ),
        Correction(
            "The tag status with which to filter your {operation} results. You can filter results "
            "based on whether they are TAGGED or UNTAGGED.",
            "Whether to return images that are TAGGED, UNTAGGED, or ANY of them.",
        ),
        Correction(
            "The tag status with which to filter your {operation} results.",
            "Whether to return images that are TAGGED, UNTAGGED, or ANY of them.",
        ),
        Correction(
            "The image status with which to filter your {operation} results. Valid values are "
            "ACTIVE, ARCHIVED, and ACTIVATING. If not specified, only images with ACTIVE status "
            "are returned.",
            "Whether to return images that are ACTIVE, ARCHIVED, ACTIVATING, or ANY of them. "
            "Without it, only ACTIVE images are returned.",
        ),
        Correction(
            "The filter key and value with which to filter your {operation} results.",
            "Which artifacts to return.",
            "ListImageReferrers",
        ),
        Correction(
            "The filter key and value with which to filter your {operation} results.",
            "Which images to return.",
        ),
        Correction(
            "An optional parameter that filters results based on image tag status and all tags, if "
            "tagged.",
            "Which images to return.",
        ),
        Correction(
            "The status of the lifecycle policy preview request.",
            "The status of the preview: IN_PROGRESS, COMPLETE, EXPIRED or FAILED.",
        ),
        Correction(
            "If this parameter is omitted, the default setting of MUTABLE will be used which will "
            "allow image tags to be overwritten. If IMMUTABLE is specified, all image tags within "
            "the repository will be immutable which will prevent them from being overwritten.",
            "MUTABLE, the default, allows tags to be overwritten; IMMUTABLE prevents it. With "
            "MUTABLE_WITH_EXCLUSION or IMMUTABLE_WITH_EXCLUSION, the opposite holds for the tags "
            "that match imageTagMutabilityExclusionFilters.",
        ),
    ),
    "It is roundabout where a designer must decide.": (
        Correction(
            "The following is the syntax to use for each supported upstream registry.\n"
            "Amazon ECR (ecr) \u2013 <accountId>.dkr.ecr.<region>.amazonaws.com\n"
            "Amazon ECR Public (ecr-public) \u2013 public.ecr.aws\n"
            "Docker Hub (docker-hub) \u2013 registry-1.docker.io\n"
            "GitHub Container Registry (github-container-registry) \u2013 ghcr.io\n"
            "GitLab Container Registry (gitlab-container-registry) \u2013 registry.gitlab.com\n"
            "Kubernetes (k8s) \u2013 registry.k8s.io\n"
            "Microsoft Azure Container Registry (azure-container-registry) \u2013 "
            "<custom>.azurecr.io\n"
            "Quay (quay) \u2013 quay.io",
            "It is ACCOUNT.dkr.ecr.REGION.amazonaws.com for ecr, public.ecr.aws for ecr-public, "
            "registry-1.docker.io for docker-hub, ghcr.io for github-container-registry, "
            "registry.gitlab.com for gitlab-container-registry, registry.k8s.io for k8s, "
            "NAME.azurecr.io for azure-container-registry, and quay.io for quay.",
        ),
        Correction(
            "Examples:\n"
            "myapp/* - Matches all repositories starting with myapp/\n"
            "*/production - Matches all repositories ending with /production\n"
            "*prod* - Matches all repositories containing prod",
            "For example, myapp/* matches all repositories that start with myapp/, */production "
            "those that end with /production, and *prod* those that contain prod.",
        ),
        Correction(
            "If a finding discovered in your environment has an exploit available.",
            "Whether an exploit is available for the finding.",
        ),
        Correction(
            "If you do not specify a registry, the default registry is assumed.",
            "Without it, the registry of the credentials' own account is used.",
        ),
        Correction(
            "If the repository isn't empty, you must either delete the contents of the repository "
            "or use the force option to delete the repository and have Amazon ECR delete all of "
            "its contents on your behalf.",
            "A repository that holds images is deleted only with force, and its images with it.",
        ),
        Correction(
            "If true, deleting the repository force deletes the contents of the repository. If "
            "false, the repository must be empty before attempting to delete it.",
            "If true, the repository is deleted together with its images. If false, which is the "
            "default, it is deleted only if it is empty.",
        ),
        Correction(
            "Deletes a list of specified images within a repository. Images are specified with "
            "either an imageTag or imageDigest.\nYou can remove a tag from an image by specifying "
            "the image's tag in your request. When you remove the last tag from an image, the "
            "image is deleted from your repository.\nYou can completely delete an image (and all "
            "of its tags) by specifying the image's digest in your request.",
            "Deletes images of a repository, or tags of images. An image given by its imageDigest "
            "is deleted with all its tags; an imageTag removes that tag, and with the last tag the "
            "image.",
        ),
        Correction(
            "An authorization token represents your IAM authentication credentials and can be used "
            "to access any Amazon ECR registry that your IAM principal has access to. The "
            "authorization token is valid for 12 hours.",
            "With it, container tools have access for 12 hours to every registry that the "
            "credentials may access.",
        ),
        Correction(
            "Adds specified tags to a resource with the specified ARN. Existing tags on a resource "
            "are not changed if they are not specified in the request parameters.",
            "Adds tags to a repository. A tag whose key exists already gets the new value; all "
            "others stay.",
        ),
        Correction("Deletes specified tags from a resource.", "Removes tags from a repository."),
        Correction(
            "Amazon ECR refreshes the last image pull timestamp at least once every 24 hours. For "
            "example, if you pull an image once a day then the lastRecordedPullTime timestamp will "
            "indicate the exact time that the image was last pulled. However, if you pull an image "
            "once an hour, because Amazon ECR refreshes the lastRecordedPullTime timestamp at "
            "least once every 24 hours, the result may not be the exact time that the image was "
            "last pulled.",
            "Amazon ECR updates it at least once every 24 hours, so the last pull may be up to a "
            "day later.",
        ),
        Correction(
            "This allows you to see the results before associating the lifecycle policy with the "
            "repository.",
            "The preview shows which images the policy would expire; Get Lifecycle Policy Preview "
            "returns it.",
        ),
        Correction(
            "Retrieves the results of the lifecycle policy preview request for a repository.",
            "Retrieves the result of a lifecycle policy preview: which images the policy would "
            "expire. Start Lifecycle Policy Preview starts one.",
        ),
        Correction(
            "If the policy you are attempting to set on a repository policy would prevent you from "
            "setting another policy in the future, you must force the SetRepositoryPolicy "
            "operation. This is intended to prevent accidental repository lockouts.",
            "Set it to true if the policy would prevent you from setting another one later. "
            "Otherwise such a policy is refused, so that you do not lock yourself out.",
        ),
    ),
}
