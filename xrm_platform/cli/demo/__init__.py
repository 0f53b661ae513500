"""`xrm demo`: the platform at work on one machine, without any account anywhere."""

from .command import demo

__all__ = ["demo"]
