"""A platform on this machine: broker topology, REST API and object storage.

It is good enough to run the platform's own Node runtime against, which proves it.
"""

from lib.platform.broker import Broker
from lib.platform.crypto import Cipher
from lib.platform.object_storage import ObjectStorage
from lib.platform.private_broker import PrivateBroker
from lib.platform.process import Runtime
from lib.platform.received import Received
from lib.platform.rest_api import RestApi
from lib.platform.topology import Flow, FlowStep
from lib.platform.waiting import until

__all__ = [
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
