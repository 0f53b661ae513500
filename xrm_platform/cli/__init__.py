"""The `xrm` command: every use case of the platform for the operator of the machine."""

from .main import main

__all__ = ["main"]
