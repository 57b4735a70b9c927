"""Data sources and what is known of them: shapes, classes, ranges."""

from bnstudio.data import bundled, generated  # each import enters its sources, in order
from bnstudio.data.catalogue import SOURCES, DataError, SourceType, facts, problems
from bnstudio.data.fingerprint import FINGERPRINT, fingerprint
from bnstudio.data.prepare import (
    Prepared,
    load,
    prepare,
    prepare_code,
    prepare_imports,
    split_rows,
)
from bnstudio.data.source import DataFacts, Scaling, Source, Targets, Task
from bnstudio.data.weights import class_weight_code, class_weights, row_weights

__all__ = [
    "FINGERPRINT",
    "SOURCES",
    "DataError",
    "DataFacts",
    "Prepared",
    "Scaling",
    "Source",
    "SourceType",
    "Targets",
    "Task",
    "bundled",
    "class_weight_code",
    "class_weights",
    "facts",
    "fingerprint",
    "generated",
    "load",
    "prepare",
    "prepare_code",
    "prepare_imports",
    "problems",
    "row_weights",
    "split_rows",
]
