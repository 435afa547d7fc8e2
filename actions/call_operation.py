"""Call Operation: any operation of Amazon ECR, even one without its own action.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Operations.html
"""

from lib.component import repositories
from lib.component.operation.any_operation import get_meta_model, process

__all__ = ["get_meta_model", "process", "repositories"]
