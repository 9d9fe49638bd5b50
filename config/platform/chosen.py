"""Operating system functions: `from config.platform.chosen import system`. No other code depends on the system."""

import sys

if sys.platform == "win32":
    from config.platform import windows as system
else:
    from config.platform import posix as system

__all__ = ["system"]
