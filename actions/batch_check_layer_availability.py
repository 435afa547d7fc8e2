"""Batch Check Layer Availability: which of these layers the registry holds already.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchCheckLayerAvailability.html
"""

from lib.component import ecr_action, repositories

__all__ = ["process", "repositories"]

process = ecr_action("BatchCheckLayerAvailability")
