"""Calls of one operation, as the step is configured."""

import time
from dataclasses import dataclass, field
from logging import Logger, LoggerAdapter

import orjson

from lib.component.connection import labelled
from lib.component.operation import waiting
from lib.component.redaction import loggable
from lib.component.timestamps import Convert
from lib.ecr import Answer, Client, InvalidConfigurationError, Signature


@dataclass(frozen=True)
class Call:
    """Calls an operation as the step is configured, and returns results ready to be emitted.

    Args:
        operation: The operation, as Amazon ECR names it.
        client: Sends the requests.
        logger: The step's logger.
        verbose: Whether each request and its answer are logged.
        signature: Their signature, or None for one by the configured key.
        convert_times: Writes a result's times as messages have them; None leaves them as they are.
        waits: Whether the result must be complete.
        expects_failures: Whether items that fail are part of a good result, and no warning.
        secrets: The names of members that are not logged.
    """

    operation: str
    client: Client
    logger: Logger | LoggerAdapter[Logger]
    verbose: bool
    signature: Signature | None = field(default=None, repr=False)
    convert_times: Convert | None = None
    waits: bool = False
    expects_failures: bool = False
    secrets: frozenset[str] = frozenset()

    def __call__(self, payload: bytes) -> Answer:
        """Call the operation.

        Args:
            payload: Its parameters as JSON.

        Raises:
            EcrError: As :meth:`lib.ecr.Client.call` does.
            NotReadyError, UnfinishedError: As :func:`lib.component.operation.waiting.check` does.
        """
        answer = self._logged(payload) if self.verbose else self._plain(payload)
        failures = answer.members.get("failures")
        if isinstance(failures, list) and failures and not self.expects_failures:
            self.logger.warning("%s: %d of the items failed", self.operation, len(failures))
        if self.waits:
            waiting.check(self.operation, answer.members)
        if self.convert_times:
            self.convert_times(answer.members)
        return answer

    def _plain(self, payload: bytes) -> Answer:
        try:
            return self.client.call(self.operation, payload, self.signature)
        except InvalidConfigurationError as error:
            raise labelled(error) from None

    def _logged(self, payload: bytes) -> Answer:
        shown = loggable(orjson.loads(payload), self.secrets)
        self.logger.info("%s calls %s: %s", self.operation, self.client.url, shown)
        started = time.perf_counter()
        answer = self._plain(payload)
        self.logger.info(
            "%s answered in %.0f ms, request id %s: %s",
            self.operation,
            (time.perf_counter() - started) * 1000,
            answer.request_id or "none",
            loggable(answer.members, self.secrets),
        )
        return answer
