"""The version of clvlens."""

__version__ = "0.1.0"
