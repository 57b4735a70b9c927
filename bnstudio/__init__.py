"""A desktop studio for Keras models."""

__version__ = "0.1.0"
