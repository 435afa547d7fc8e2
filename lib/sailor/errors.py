"""Errors of the runtime.

SailorError
├── SettingsError              an environment variable is missing or malformed
├── ComponentError             the component folder, its descriptor or a module is unusable
├── ServiceError               a question of the design screens has no answer
├── JsonError                  a text is not JSON
├── InvalidPayloadError        an AMQP payload is not a message of the platform
├── InvalidEventError          a handler emitted an event that does not exist here
├── UnsendableMessageError     a handler emitted a message that cannot be sent
├── HttpError                  an HTTP service of the platform did not do its part
│   ├── RestApiError           the REST API
│   └── ObjectStorageError     the object storage
├── BrokerUnavailableError     the broker is unreachable, or refuses what the step needs
└── PublishError               the broker did not take a message in all attempts
    └── PublishInterruptedError    … before the step had to stop
"""

from typing import ClassVar


class SailorError(Exception):
    """The base of every error here.

    Attributes:
        error_name: The name that flows see: the class's, without ``Error``.
    """

    error_name: ClassVar[str] = "Sailor"

    def __init_subclass__(cls) -> None:
        cls.error_name = cls.__name__.removesuffix("Error")


class SettingsError(SailorError):
    """A setting is missing or malformed. The text names it and shows no secret."""


class ComponentError(SailorError):
    """The component folder, its descriptor or one of its modules is unusable."""


class ServiceError(SailorError):
    """A question of the design screens has no answer, or the answer cannot be delivered."""


class JsonError(SailorError):
    """A text is not JSON."""


class InvalidPayloadError(SailorError):
    """An AMQP payload is not a message of the platform."""


class InvalidEventError(SailorError):
    """A handler emitted an event that does not exist, or that this message does not allow."""


class UnsendableMessageError(SailorError):
    """A handler emitted a message that cannot be sent: it is too large, or not a message."""


class HttpError(SailorError):
    """An HTTP service of the platform is unreachable, or refused a request.

    Args:
        text: What happened.
        status: The HTTP status, if there was an answer.
    """

    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status


class RestApiError(HttpError):
    """The platform's REST API is unreachable, or refused a request."""


class ObjectStorageError(HttpError):
    """A body cannot be fetched from the object storage, or stored there."""


class BrokerUnavailableError(SailorError):
    """The broker is unreachable, or refuses what the step needs."""


class PublishError(SailorError):
    """The broker did not take a message in all attempts."""


class PublishInterruptedError(PublishError):
    """The broker did not take a message before the step had to stop."""
