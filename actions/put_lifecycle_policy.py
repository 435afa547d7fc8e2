"""Put Lifecycle Policy: set the rules by which a repository's images expire.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutLifecyclePolicy.html
"""

from lib.component import ecr_action, ecr_metadata, repositories

__all__ = ["get_meta_model", "process", "repositories"]

process = ecr_action("PutLifecyclePolicy")
get_meta_model = ecr_metadata("PutLifecyclePolicy")
