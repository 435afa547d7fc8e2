"""Errors of requests; their texts show no URL, no header, and nothing that a server wrote.

TransportError         no answer arrived, or none that can be used
ProxyOrTrustError      the environment's proxy or certificate bundle is unusable
"""


class TransportError(Exception):
    """No answer arrived, or none that can be used.

    Args:
        reason: The cause, in the words of the network.
        retryable: Whether the same request may succeed a moment later.
    """

    def __init__(self, reason: str, *, retryable: bool = True) -> None:
        self.retryable = retryable
        super().__init__(reason)


class ProxyOrTrustError(Exception):
    """The environment's proxy or certificate bundle is unusable; nothing was sent.

    Args:
        setting: ``proxy`` or ``certificates``.
        text: What is wrong.
    """

    def __init__(self, setting: str, text: str) -> None:
        self.setting = setting
        super().__init__(text)
