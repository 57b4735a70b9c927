"""Data sources and what is known of them: shapes, classes, ranges."""

from bnstudio.data.source import DataFacts, Scaling, Source, Targets, Task

__all__ = ["DataFacts", "Scaling", "Source", "Targets", "Task"]
