"""The time limits of requests, as they reach the transport."""

import pytest

from lib.http import Response, Timeout, Transport


def recorded(monkeypatch: pytest.MonkeyPatch) -> list[Timeout]:
    """Return a list that gets the timeout of each request from now on; requests are still sent."""
    timeouts: list[Timeout] = []
    send = Transport.send

    def record(self: Transport, request: object, timeout: Timeout) -> Response:
        timeouts.append(timeout)
        return send(self, request, timeout)  # type: ignore[arg-type] # as it came

    monkeypatch.setattr(Transport, "send", record)
    return timeouts
