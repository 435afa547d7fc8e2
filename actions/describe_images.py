"""Describe Images: what a repository holds, with sizes, tags and push times.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
"""

from lib.component import ecr_action, repositories

__all__ = ["process", "repositories"]

process = ecr_action("DescribeImages")
