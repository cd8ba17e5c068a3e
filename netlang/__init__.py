"""A language for convolutional networks, compiled to Triton."""

__version__ = "0.1.0"
