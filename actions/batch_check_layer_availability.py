"""Batch Check Layer Availability: which of these layers the registry holds already.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchCheckLayerAvailability.html
"""

from lib.component import ecr_action, ecr_metadata, repositories

__all__ = ["get_meta_model", "process", "repositories"]

process = ecr_action("BatchCheckLayerAvailability")
get_meta_model = ecr_metadata("BatchCheckLayerAvailability")
