"""Where notices were before every room posted them."""

from xrm_platform.registry import Notices

__all__ = ["Notices"]
