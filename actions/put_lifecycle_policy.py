"""Put Lifecycle Policy: set the rules by which a repository's images expire.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutLifecyclePolicy.html
"""

from lib.component import ecr_action, repositories

__all__ = ["process", "repositories"]

process = ecr_action("PutLifecyclePolicy")
