"""Describe Images: what a repository holds, with sizes, tags and push times.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
"""

from lib.component import ecr_action, ecr_metadata, repositories

__all__ = ["get_meta_model", "process", "repositories"]

process = ecr_action("DescribeImages")
get_meta_model = ecr_metadata("DescribeImages")
