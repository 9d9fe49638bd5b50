"""Version number of uketsuke, read by the program and the build."""

VERSION = "0.2.0.dev0"
