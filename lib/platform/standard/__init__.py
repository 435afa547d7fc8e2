"""The platform's own steps, as a component that the runtime runs like any other.

Each does what the platform's public component of that name does, as far as the flows in ``flows/``
need it; what it does not do, it refuses by name.

======================  =================================================================
Simple Trigger          https://github.com/elasticio/simple-trigger-component, 1.2.0
Webhook                 https://github.com/elasticio/webhook-component, 1.3.0
Splitter                https://github.com/elasticio/splitter-component, 1.6.1
Filter                  https://github.com/elasticio/filter-component, 1.1.4
Transformation          https://github.com/elasticio/jsonata-transform-component, 1.1.1
Router                  https://docs.elastic.io/components/router/
REST API                https://github.com/elasticio/rest-api-component-v2, 2.2.2
======================  =================================================================
"""

from collections.abc import Mapping
from pathlib import Path

PATH = Path(__file__).parent  # the component's folder

# The names of the components in flows: in exports, in the documentation, and of their repositories.
_COMPONENTS = {
    "timer": ("simple-trigger-component", "simple-trigger"),
    "receive": ("webhook", "webhook-component"),
    "splitOnJsonataExpression": ("splitter", "splitter-component"),
    "reassemble": ("splitter", "splitter-component"),
    "SimpleJSONataFilter": ("filter", "filter-component"),
    "transform": ("jsonata", "jsonata-transform-component"),
    "route": ("router", "router-component"),
    "httpRequestAxios": ("rest-api", "rest-api-component-v2"),
}

FUNCTIONS: Mapping[tuple[str, str], str] = {
    (component, function): function
    for function, components in _COMPONENTS.items()
    for component in components
}
"""What a flow's command names, as component and function, and the function that runs it here."""
