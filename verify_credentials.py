"""Verification of credentials, which the platform loads by this file's name."""

from lib.component import verify as verify_credentials

__all__ = ["verify_credentials"]
