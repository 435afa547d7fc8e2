"""Tag Resource: add keys and values to a repository, or change values.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_TagResource.html
"""

from lib.component import ecr_action

process = ecr_action("TagResource")
