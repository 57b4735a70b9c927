"""Layers that installed packages offer: which there are, which the user has confirmed.

A package offers layers by entry points of the group ``bnstudio.layers``. Whoever lists them reads
what the packages say of themselves; nothing of a package is imported here. The classes are imported
by the engine, and only those of a package that the user has confirmed.
"""

from bnstudio.extensions.confirmed import confirm, confirmed, forbid
from bnstudio.extensions.kept import Kept, forget, keep, kept
from bnstudio.extensions.known import (
    Status,
    describe,
    forget_answers,
    learn,
    put_in_place,
    status,
    types_in,
    versions_of,
)
from bnstudio.extensions.offered import GROUP, Offer, Package, keras_version, packages

__all__ = [
    "GROUP",
    "Kept",
    "Offer",
    "Package",
    "Status",
    "confirm",
    "confirmed",
    "describe",
    "forbid",
    "forget",
    "forget_answers",
    "keep",
    "kept",
    "keras_version",
    "learn",
    "packages",
    "put_in_place",
    "status",
    "types_in",
    "versions_of",
]
