"""A platform on this machine, for tests: broker topology, REST API and object storage.

It is good enough to run the platform's own Node runtime against, which proves it.
"""

from tests.platform.api import RestApi
from tests.platform.broker import Broker
from tests.platform.crypto import Cipher
from tests.platform.flow import Flow, FlowStep
from tests.platform.private_broker import PrivateBroker
from tests.platform.process import Runtime
from tests.platform.proxy import AmqpProxy
from tests.platform.received import Received
from tests.platform.storage import ObjectStorage
from tests.platform.waiting import until

__all__ = [
    "AmqpProxy",
    "Broker",
    "Cipher",
    "Flow",
    "FlowStep",
    "ObjectStorage",
    "PrivateBroker",
    "Received",
    "RestApi",
    "Runtime",
    "until",
]
