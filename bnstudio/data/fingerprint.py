"""A mark of the rows that a model is trained on, to tell whether two runs had the same."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bnstudio.data.prepare import Prepared

FINGERPRINT = "blake2b:"
"""What every fingerprint begins with; 32 hexadecimal digits follow."""


def fingerprint(prepared: Prepared) -> str:
    """Equal for two preparations where features, targets, split and order are, bit for bit.

    It takes about a nanosecond a byte, far less than preparing them does.
    """
    import numpy as np

    digest = hashlib.blake2b(digest_size=16)
    for name in ("x_train", "y_train", "x_val", "y_val"):
        part = getattr(prepared, name)
        if part is not None:
            digest.update(f"{name} {part.dtype.str} {part.shape};".encode())
            digest.update(np.ascontiguousarray(part).reshape(-1).view(np.uint8).data)
    return FINGERPRINT + digest.hexdigest()
