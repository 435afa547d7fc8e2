"""The connector, the runtime that runs it, and the tools around both.

Attributes:
    __version__: The version that component.json, the package and the changelog carry.
"""

__version__ = "1.0.0"
