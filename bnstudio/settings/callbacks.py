"""The callbacks of ``keras.callbacks`` that change a run, with their arguments.

``EarlyStopping`` is not among them: its defaults are not Keras's, so it is written out in full.
"""

from __future__ import annotations

from bnstudio.layers.params import Choice, Float, Int, Spec, Text

_ENTRIES = (
    Spec(
        "ReduceLROnPlateau",
        (
            Text("monitor", "val_loss", help="What has to improve."),
            Float("factor", 0.1, above=0, below=1, help="What the learning rate is multiplied by."),
            Int("patience", 10, min=0, help="For how many epochs it may fail to improve."),
            Choice(
                "mode",
                "auto",
                ("auto", "min", "max"),
                help="Whether improving is falling or rising; auto goes by the name.",
            ),
            Float("min_delta", 0.0001, min=0, help="The least change that counts as improving."),
            Int("cooldown", 0, min=0, help="For how many epochs nothing is counted after a cut."),
            Float("min_lr", 0.0, min=0, help="The learning rate below which it is left alone."),
        ),
        "Cuts the learning rate when a value no longer improves.",
    ),
)

CALLBACKS: dict[str, Spec] = {spec.name: spec for spec in _ENTRIES}
"""Every callback by its Keras class name."""
