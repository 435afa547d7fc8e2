"""The platform on this machine: broker topology, REST API, object storage and started steps.

It does all that a step asks of the real platform, as docs/platform.md describes it: enough to run
the platform's own Node.js runtime against it.
"""

from lib.platform.broker import Broker
from lib.platform.encryption import FlowCipher
from lib.platform.errors import PlatformError
from lib.platform.object_storage import ObjectStorage
from lib.platform.private_broker import PrivateBroker
from lib.platform.process import Runtime
from lib.platform.received import Received
from lib.platform.rest_api import RestApi
from lib.platform.topology import Flow, FlowStep
from lib.platform.waiting import until

__all__ = [
    "Broker",
    "Flow",
    "FlowCipher",
    "FlowStep",
    "ObjectStorage",
    "PlatformError",
    "PrivateBroker",
    "Received",
    "RestApi",
    "Runtime",
    "until",
]
