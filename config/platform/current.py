"""Operating system functions, imported as `system`. All platform-dependent code is in this package."""

import sys

if sys.platform == "win32":
    from config.platform import windows as system
else:
    from config.platform import posix as system

__all__ = ["system"]
