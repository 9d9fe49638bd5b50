"""The version of uketsuke, for the program and for the build."""

VERSION = "0.2.0.dev0"
