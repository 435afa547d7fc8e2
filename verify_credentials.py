"""The platform asks: are these credentials good?"""

from lib.component import verify as verify_credentials

__all__ = ["verify_credentials"]
