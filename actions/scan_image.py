"""Scan Image: the findings of an image's vulnerability scan, once it has ended.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_StartImageScan.html
"""

from lib.component import repositories, tags
from lib.component.images.metadata import scan_metadata as get_meta_model
from lib.component.images.scanning import process

__all__ = ["get_meta_model", "process", "repositories", "tags"]
