"""Operations of Amazon ECR in botocore's model of the service."""

from functools import cache

from botocore.model import OperationModel, ServiceModel

from lib.ecr.model import service_data


def operation(name: str) -> OperationModel:
    """Return botocore's model of an operation, such as ``DescribeImages``."""
    return model().operation_model(name)


def names() -> frozenset[str]:
    """Return the names of all operations of Amazon ECR."""
    return frozenset(model().operation_names)


@cache
def model() -> ServiceModel:
    """Return botocore's model of Amazon ECR."""
    return ServiceModel(service_data("ecr", "service-2"), "ecr")
