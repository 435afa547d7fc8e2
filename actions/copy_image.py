"""Copy Image: an image with all that it refers to, into another repository, region or account."""

from lib.component import repositories, tags
from lib.component.images.copying import process
from lib.component.images.metadata import copy_metadata as get_meta_model
from lib.component.images.request import target_repositories

__all__ = ["get_meta_model", "process", "repositories", "tags", "target_repositories"]
