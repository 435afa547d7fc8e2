"""The environment of one step of a flow, as a file for ``serve`` and ``docker compose``."""

import shlex

from lib.platform.broker import DEFAULT_BROKER, Broker
from lib.platform.flows.over_broker import topology
from lib.platform.flows.plan import Plan
from lib.platform.flows.running_step import step_environment

_HEADING = """\
# The environment of {step} of {file}, for
#     ecr-connector flow {file} --broker {broker} --by-hand {step}
# On the platform, the values are the platform's. docs/platform.md explains each variable.
"""


def environment_file(plan: Plan, step_id: str, broker: Broker | None) -> str:
    """Return the environment of a step with one ``NAME=value`` per line.

    Args:
        plan: The flow.
        step_id: The step's id.
        broker: The broker; None for the one on this machine.
    """
    flow = topology(plan, broker or DEFAULT_BROKER, is_fixed=True)
    environment = step_environment(plan.steps[step_id], flow)
    # A shell that reads the file needs the quotes, and docker compose takes them off.
    lines = (f"{name}={shlex.quote(value)}\n" for name, value in environment.items())
    address = f"amqp://{flow.broker.address}"
    heading = _HEADING.format(step=step_id, file=plan.file.path, broker=address)
    return heading + "".join(lines)
