"""The other names that Keras has for some layers, as scripts and configurations use them."""

from __future__ import annotations

ALIASES = {
    **{
        f"{short}{rank}D": f"{full}{rank}D"
        for short, full in (
            ("MaxPool", "MaxPooling"),
            ("AvgPool", "AveragePooling"),
            ("GlobalMaxPool", "GlobalMaxPooling"),
            ("GlobalAvgPool", "GlobalAveragePooling"),
            ("Convolution", "Conv"),
        )
        for rank in (1, 2, 3)
    },
    **{f"Convolution{rank}DTranspose": f"Conv{rank}DTranspose" for rank in (1, 2, 3)},
    **{f"SeparableConvolution{rank}D": f"SeparableConv{rank}D" for rank in (1, 2)},
    "GroupedQueryAttention": "GroupQueryAttention",
    "InputLayer": "Input",
}
"""The name under which each is in the catalogue."""
