"""For each rule: projects in which it finds something, and projects in which it must not."""

from dataclasses import replace

from bnstudio.data import Source
from bnstudio.graph import Graph
from bnstudio.layers.foreign import Answer, Form, Registered, foreign_type
from bnstudio.project import InitialWeights
from bnstudio.settings import Choice, EarlyStopping, Measuring, ReduceLROnPlateau
from tests.rules.projects import (
    begun,
    chain,
    diabetes,
    drawing,
    head,
    model,
    node,
    project,
    wine,
)

TYPES = {
    name: foreign_type(Form(name, "sample.layers", name.partition(":")[2]))
    for name in ("sample:Known", "sample:New", "sample:Bad")
}
EXTENSIONS = Registered(
    TYPES,
    {},
    {
        TYPES["sample:Known"].question([(None, 30)], {}): Answer(((None, 30),)),
        TYPES["sample:Bad"].question([(None, 30)], {}): Answer(error="ValueError: It is bad."),
    },
)
"""What an engine has said of layers that are not of this program; see ``conftest.py``."""

IN = node("Input", "in", shape=(30,))
OUT = head()
SOUND = model(node("Dense", "hidden", units=8, activation="relu"), head())
SOUND_WINE = wine(node("Dense", "hidden", units=8, activation="relu"), head(3, "softmax"))
SOUND_DIABETES = diabetes(node("Dense", "hidden", units=8, activation="relu"), head(1, None))


def dense(id="hidden", units=8, **params):
    return node("Dense", id, units=units, **params)


def bn(id="norm", **params):
    return node("BatchNormalization", id, **params)


def conv(id="conv", filters=2, **params):
    return node("Conv2D", id, filters=filters, kernel_size=1, **params)


def image(*nodes, **others):
    """Digits as pictures of 8 by 8, in ten classes."""
    source = Source("digits", shape=(8, 8, 1))
    others = {"source": source, "loss": "scce", **others}
    return model(*nodes, shape=(8, 8, 1), **others)


SCHEDULED = Choice(
    "SGD",
    {
        "learning_rate": {
            "class_name": "ExponentialDecay",
            "config": {"initial_learning_rate": 0.1, "decay_steps": 100, "decay_rate": 0.5},
        }
    },
)
KEPT = {
    "description": {"module": "keras.src.ops.nn", "class_name": "Relu", "config": {}},
    "args": ({"class_name": "__keras_tensor__", "port": 0},),
    "kwargs": {},
    "takes": (None,),
    "gives": (None,),
}
BLOCK = node("Functional", "block", inside=chain(IN, dense(), bn()))
DEEP = chain(IN, BLOCK, dense())
TABLE = {
    "STR01": (
        [
            project(drawing([IN, bn(), dense(), OUT], "in hidden", "hidden out")),
            project(
                drawing(
                    [IN, bn(), dense(), node("Activation", "tanh", activation="tanh"), OUT],
                    "in hidden",
                    "hidden tanh",
                    "tanh out",
                )
            ),
            project(
                drawing(
                    [IN, node("Dropout", "drop", rate=0.5), dense(), node("ReLU", "relu"), OUT],
                    "in hidden",
                    "hidden relu",
                    "relu out",
                )
            ),
        ],
        [SOUND, project(Graph())],
    ),
    "STR03": (
        [project(chain(dense(), OUT)), project(chain(dense()))],
        [SOUND, project(drawing([IN, dense(), OUT], "hidden out"))],
    ),
    "STR05": (
        [
            model(node("Conv2D", "conv", filters=4, kernel_size=3), shape=(64,)),
            model(node("LSTM", "lstm", units=4), head()),
            image(node("LSTM", "lstm", units=4), head(10, "softmax")),
        ],
        [SOUND, image(node("Flatten", "flat"), head(10, "softmax"))],
    ),
    "STR06": (
        [
            image(
                node("MaxPooling2D", "pool", pool_size=9),
                node("Flatten", "flat"),
                head(10, "softmax"),
            ),
            image(
                node("Conv2D", "conv", filters=4, kernel_size=11),
                node("Flatten", "flat"),
                head(10, "softmax"),
            ),
        ],
        [image(node("MaxPooling2D", "pool"), node("Flatten", "flat"), head(10, "softmax"))],
    ),
    "STR07": (
        [
            project(
                drawing(
                    [IN, dense("a", 4), dense("b", 6), node("Add", "sum"), OUT],
                    "in a",
                    "in b",
                    "a sum:0",
                    "b sum:1",
                    "sum out",
                )
            ),
        ],
        [
            project(
                drawing(
                    [IN, dense("a", 4), dense("b", 6), node("Concatenate", "join"), OUT],
                    "in a",
                    "in b",
                    "a join:0",
                    "b join:1",
                    "join out",
                )
            ),
        ],
    ),
    "STR08": (
        [
            model(dense("a", called="same"), dense("b", called="same"), head()),
            model(dense(called="block/one"), head()),
            model(dense(called="größe"), head()),
            model(dense(called="two words"), head()),
            model(dense(called=""), head()),
        ],
        [
            SOUND,
            model(dense(called="a.b-c>d_1"), head()),
            model(dense("a", 30), node("Dense", "b", units=30, shares="a", called="a"), head()),
        ],
    ),
    "STR09": (
        [
            project(drawing([IN, node("Input", "idle", shape=(3,)), OUT], "in out")),
            project(drawing([IN, dense(), OUT], "hidden out")),
            project(
                drawing(
                    [IN, dense("a", 4), dense("b", 4), node("Add", "sum"), OUT],
                    "in a",
                    "a sum:0",
                    "b sum:1",
                    "sum out",
                )
            ),
            project(chain(IN)),
        ],
        [SOUND, project(Graph())],
    ),
    "STR15": (
        [
            model(dense(), node("Dropout", "drop", rate=50), head()),
            model(dense(), node("Dropout", "drop", rate=1.0), head()),
            model(dense(), node("Dropout", "drop", rate=1), head()),
        ],
        [
            model(dense(), node("Dropout", "drop", rate=0.5), head()),
            model(dense(), node("Dropout", "drop", rate="x"), head()),
        ],
    ),
    "STR20": (
        [
            model(node("Dense", "out", units=1, activation="sigmoid", trainable=False)),
            model(node("Flatten", "flat"), shape=(1,)),
        ],
        [SOUND, project(Graph())],
    ),
    "STR21": (
        [model(node("Dense2", "x", units=4), head()), model(node("Nothing", "x"), head())],
        [SOUND],
    ),
    "STR22": (
        [
            model(dense(units=0), head()),
            model(dense(units="many"), head()),
            model(dense(unit=3), head()),
            model(node("Dropout", "drop", rate="x"), head()),
        ],
        [SOUND, model(node("Dropout", "drop", rate=50), head())],
    ),
    "STR23": (
        [
            model(dense("a", 8), node("Dense", "b", shares="a"), head()),
            model(dense("a", 8), node("Dense", "b", shares="gone", units=3), head()),
            model(dense("a", 30), node("Dropout", "b", shares="a"), head()),
            model(dense("a", 30, shares="b"), dense("b", 30, shares="a"), head()),
        ],
        [model(dense("a", 30), node("Dense", "b", shares="a"), head())],
    ),
    "STR24": (
        [
            project(
                drawing(
                    [IN, node("Concatenate", "join"), dense("a"), dense("b"), OUT],
                    "in join:0",
                    "join a",
                    "a b",
                    "b join:1",
                    "a out",
                )
            ),
        ],
        [SOUND],
    ),
    "STR25": ([project(Graph())], [SOUND]),
    "STR26": (
        [
            project(drawing([IN, dense("a"), dense("b"), OUT],
                            "in a", "in b", "a out:0", "b out:1")),
            # Inputs with names: the one that is missing is wired, or closed.
            project(drawing([IN, node("Reshape", "r", target_shape=(6, 5)),
                             node("Attention", "t"), node("Flatten", "f"), OUT],
                            "in r", "r t", "t f", "f out")),
            project(drawing([IN, node("Reshape", "r", target_shape=(6, 5)),
                             node("LSTM", "l", units=4, initial_state=True), OUT],
                            "in r", "r l", "l out")),
        ],
        [SOUND, project(drawing([IN, dense(), OUT], "in hidden", "hidden:1 out"))],
    ),
    "STR27": (
        [project(drawing([IN, dense(), OUT], "in hidden", "hidden:1 out"))],
        [SOUND],
    ),
    "STR30": (
        [model(node("ops.Relu", "relu", **KEPT), head())],
        [SOUND, model(node("ops.Relu", "relu"), head())],
    ),
    "STR31": (
        [
            project(drawing([IN, dense("a"), node("Add", "join"), OUT],
                            "in a", "a join", "join out")),
        ],
        [
            SOUND,
            project(drawing([IN, dense("a"), node("Add", "join"), OUT],
                            "in a", "a join:0", "a join:1", "join out")),
        ],
    ),
    "STR32": (
        [
            image(conv(dtype="float16", data_format="channels_first")),
            image(
                node("TimeDistributed", "each", layer={
                    "class_name": "Conv1D",
                    "config": {"filters": 2, "kernel_size": 1, "dtype": "float64",
                               "data_format": "channels_first"},
                }),
            ),
            model(node("LSTM", "memory", units=4, use_cudnn=True), head(), shape=(6, 30)),
            model(
                node("MaxPooling3D", "smaller", dtype="mixed_float16"),
                node("Conv3DTranspose", "larger", filters=2, kernel_size=2, dilation_rate=2,
                     dtype="float64"),
                shape=(4, 4, 4, 2),
            ),
        ],
        [
            image(conv(dtype="float16")),
            image(conv(data_format="channels_first")),
            image(conv(filters=2, groups=1, dtype="bfloat16", data_format="channels_first")),
            image(
                node("TimeDistributed", "each", layer={
                    "class_name": "Conv1D", "config": {"filters": 2, "kernel_size": 1},
                }),
            ),
            model(
                node("MaxPooling3D", "smaller", dtype="mixed_bfloat16"),
                node("AveragePooling3D", "means", pool_size=1),
                shape=(4, 4, 4, 2),
            ),
        ],
    ),
    "EXT01": (
        [
            model(node("gone:Layer", "own", units=2), head()),
            model(node("keras:Dense", "own", units=2), head()),
        ],
        [SOUND, model(node("sample:Known", "own"), head())],
    ),
    "EXT02": (
        [model(node("sample:New", "own"), head())],
        [SOUND, model(node("sample:Known", "own"), head())],
    ),
    "EXT03": (
        [model(node("sample:Bad", "own"), head())],
        [SOUND, model(node("sample:Known", "own"), head())],
    ),
    "MOD01": (
        [
            model(node("Functional", "block", inside=Graph()), head()),
            model(node("Functional", "block", inside=chain(dense(), OUT)), head()),
            model(BLOCK, head(), node("Sequential", "more", inside=drawing([IN]))),
        ],
        [SOUND, model(BLOCK, head()), model(node("Functional", "deep", inside=DEEP), head())],
    ),
    "LOSS01": (
        [
            model(dense(), head(1, "softmax")),
            model(dense(), head(1, None), node("Softmax", "soft")),
            model(dense(), head(1, None), node("Activation", "soft", activation="softmax"),
                  loss="cce", targets="one_hot"),
            wine(dense(), head(1, "softmax")),
            model(dense("gate", 1, activation="softmax"), head()),
        ],
        [SOUND, SOUND_WINE],
    ),
    "LOSS02": (
        [
            model(dense(), head(2, "softmax"), targets="one_hot"),
            model(dense(), head(2, "softmax")),
            model(dense(), head(2, None), node("Softmax", "soft"), targets="one_hot"),
        ],
        [SOUND, SOUND_WINE],
    ),
    "LOSS03": (
        [
            wine(dense(), head(3, "sigmoid"), loss="cce", targets="one_hot"),
            wine(dense(), head(3, "sigmoid")),
        ],
        [SOUND, SOUND_WINE],
    ),
    "LOSS04": (
        [wine(dense(), head(3, "softmax"), targets="one_hot")],
        [SOUND_WINE, wine(dense(), head(3, "softmax"), loss="cce", targets="one_hot")],
    ),
    "LOSS05": (
        [
            wine(dense(), head(3, "softmax"), loss="cce"),
            wine(dense(), head(3, None), loss="cce", from_logits=True),
        ],
        [SOUND_WINE, wine(dense(), head(3, "softmax"), loss="cce", targets="one_hot")],
    ),
    "LOSS06": (
        [
            model(dense(), head(2, "sigmoid")),
            wine(dense(), head(3, "sigmoid"), loss="bce"),
            wine(dense(), head(5, "sigmoid"), loss="bce"),
        ],
        [SOUND, model(dense(), head(2, "sigmoid"), targets="one_hot")],
    ),
    "LOSS07": (
        [
            model(dense(), head(1, "sigmoid"), loss="cce"),
            model(dense(), head(1, "sigmoid"), loss="cce", targets="one_hot"),
            wine(dense(), head(1, "softmax"), loss="cce", targets="one_hot"),
        ],
        [SOUND, model(dense(), head(2, "softmax"), loss="cce", targets="one_hot")],
    ),
    "LOSS08": (
        [
            model(dense(), head(1, None)),
            wine(dense(), head(3, None)),
            wine(dense(), head(3, None), bn()),
            wine(dense(), head(3, None), node("Activation", "plain", activation="linear")),
        ],
        [SOUND, wine(dense(), head(3, None), from_logits=True), SOUND_DIABETES],
    ),
    "LOSS09": (
        [
            wine(dense(), head(3, "softmax"), from_logits=True),
            model(dense(), head(1, "sigmoid"), from_logits=True),
        ],
        [SOUND_WINE, wine(dense(), head(3, None), from_logits=True)],
    ),
    "LOSS10": (
        [wine(dense(), head(2, "softmax")), wine(dense(), head(5, "softmax"))],
        [SOUND_WINE],
    ),
    "BN01": (
        [
            model(dense(), bn(), node("ReLU", "relu"), head()),
            image(
                node("Conv2D", "conv", filters=4, kernel_size=3),
                node("MaxPooling2D", "pool"),
                bn(),
                node("ReLU", "relu"),
                node("Flatten", "flat"),
                head(10, "softmax"),
            ),
        ],
        [
            model(dense(use_bias=False), bn(), node("ReLU", "relu"), head()),
            model(dense(activation="relu"), bn(), head()),
            model(dense(), node("Dropout", "drop", rate=0.2), bn(), head()),
            model(dense(), bn(trainable=False), node("ReLU", "relu"), head()),
            image(
                node("Conv2D", "conv", filters=4, kernel_size=3),
                bn(axis=1),
                node("Flatten", "flat"),
                head(10, "softmax"),
            ),
            project(
                drawing(
                    [IN, dense("a"), bn(), node("Concatenate", "join"), OUT],
                    "in a", "a norm", "a join:0", "norm join:1", "join out",
                )
            ),
        ],
    ),
    "AUG01": (
        [
            image(node("RandomCrop", "crop", height=4, width=4), node("Flatten", "flat"),
                  head(10, "softmax")),
        ],
        [
            image(node("RandomCrop", "crop", height=8, width=8), node("Flatten", "flat"),
                  head(10, "softmax")),
            image(node("RandomCrop", "crop", height=4, width=4),
                  node("GlobalMaxPooling2D", "largest"), head(10, "softmax")),
            image(node("RandomCrop", "crop", height=4, width=4),
                  node("CenterCrop", "middle", height=4, width=4), node("Flatten", "flat"),
                  head(10, "softmax")),
        ],
    ),
    "AUG02": (
        [
            image(node("MixUp", "mixed"), node("Flatten", "flat"), head(10, "softmax")),
            image(node("CutMix", "cut"), node("Flatten", "flat"), head(10, "softmax")),
        ],
        [
            image(node("RandomErasing", "hide"), node("Flatten", "flat"), head(10, "softmax")),
        ],
    ),
    "BN02": (
        [model(dense(use_bias=False), bn("one"), bn("two"), node("ReLU", "relu"), head())],
        [model(dense(use_bias=False), bn("one"), node("ReLU", "relu"), bn("two"), head())],
    ),
    "BN03": (
        [
            model(dense(), head(), bn()),
            wine(dense(), head(3, "softmax"), bn()),
            model(dense(), head(1, None), node("Activation", "act", activation="sigmoid"), bn()),
        ],
        [model(dense(), bn(), head())],
    ),
    "BN04": (
        [
            wine(dense(), dense("last", 3, use_bias=False), bn(), node("Softmax", "soft")),
            model(dense(), dense("last", 1, use_bias=False), bn(),
                  node("Activation", "act", activation="sigmoid")),
        ],
        [
            wine(dense(use_bias=False), bn(), node("ReLU", "relu"), head(3, "softmax")),
            model(dense(activation="relu"), bn(), head()),
        ],
    ),
    "BN05": (
        [diabetes(dense(), node("Dense", "out", units=1, use_bias=False), bn())],
        [SOUND_DIABETES, diabetes(dense(use_bias=False), bn(), head(1, None))],
    ),
    "DATA01": (
        [
            model(dense(), head(), source="nowhere"),
            model(dense(), head(), source=Source("breast_cancer", {"colour": 3})),
            model(dense(), head(), source=Source("breast_cancer", shape=(7, 7))),
        ],
        [SOUND],
    ),
    "DATA02": (
        [
            model(dense(), head(), shape=(14,)),
            replace(model(dense(), head(), shape=(14,)), weights=InitialWeights("0" * 64, "a")),
            model(node("Flatten", "flat"), head(), shape=(5, 6)),
            model(node("Flatten", "flat"), head(), shape=(30, 1)),
            model(dense(), head(), source=Source("breast_cancer", shape=(30, 1)),
                  metrics=("accuracy",)),
        ],
        [SOUND, model(node("LSTM", "lstm", units=3), head(), shape=(None, 1),
                      source=Source("breast_cancer", shape=(30, 1)))],
    ),
    "DATA03": (
        [
            project(
                drawing(
                    [IN, node("Input", "two", shape=(30,)), node("Add", "sum"), OUT],
                    "in sum:0", "two sum:1", "sum out",
                )
            )
        ],
        [SOUND],
    ),
    "DATA04": (
        [
            project(drawing([IN, dense("a"), dense("b"), OUT], "in a", "a out", "a b")),
            project(drawing([IN, head(), dense("a"), dense("b")], "in a", "a b", "in out")),
        ],
        [SOUND],
    ),
    "DATA05": (
        [
            wine(dense(), head(3, None), loss="mse"),
            wine(dense(), head(5, "softmax"), loss="cce", targets="one_hot"),
            diabetes(dense(), head(3, None)),
            model(dense(), head(1, "sigmoid"), targets="one_hot"),
            image(node("Conv2D", "conv", filters=4, kernel_size=3), head(10, "softmax")),
            wine(dense(), head(5, None), node("Softmax", "soft"), loss="cce", targets="one_hot"),
        ],
        [SOUND, SOUND_WINE, SOUND_DIABETES,
         wine(dense(), head(3, None), loss="mse", targets="one_hot")],
    ),
    "DATA06": (
        [
            diabetes(dense(), head(1, None), loss="bce", from_logits=True),
            diabetes(dense(), head(1, "sigmoid"), loss="cce"),
        ],
        [SOUND_DIABETES, SOUND],
    ),
    "DATA07": (
        [
            wine(dense(), head(3, "softmax"), metrics=("auc",)),
            wine(dense(), head(3, "softmax"), metrics=("accuracy", "categorical_accuracy")),
            wine(dense(), head(3, "softmax"), loss="cce", targets="one_hot",
                 metrics=("sparse_categorical_accuracy",)),
            model(dense(), head(), metrics=("top_k_categorical_accuracy",)),
            diabetes(dense(), head(1, None), metrics=("accuracy",)),
        ],
        [SOUND, SOUND_WINE, model(dense(), head(), metrics=("auc", "binary_accuracy", "mae"))],
    ),
    "TRN01": ([model(dense(), head(), batch_size=4096)], [SOUND]),
    "TRN06": (
        [
            model(dense(), head(), validation_split=0.0, early_stopping=EarlyStopping()),
            model(dense(), head(), early_stopping=EarlyStopping("val_acc")),
            model(dense(), head(), validation_split=0.0, reduce_lr=ReduceLROnPlateau()),
            model(dense(), head(), reduce_lr=ReduceLROnPlateau("val_acc")),
            model(
                dense(),
                head(),
                metrics=("true_positives",),
                early_stopping=EarlyStopping("true_positives"),
            ),
        ],
        [
            model(dense(), head(), reduce_lr=ReduceLROnPlateau("accuracy")),
            model(dense(), head(), early_stopping=EarlyStopping()),
            model(dense(), head(), early_stopping=EarlyStopping("val_accuracy")),
        ],
    ),
    "TRN07": (
        [model(dense(), head(), optimizer=SCHEDULED, reduce_lr=ReduceLROnPlateau())],
        [
            model(dense(), head(), optimizer=SCHEDULED, early_stopping=EarlyStopping()),
            model(dense(), head(), reduce_lr=ReduceLROnPlateau()),
        ],
    ),
    "TRN08": (
        [
            model(dense(), head(), optimizer=Choice("SGD", {"clipnorm": 1.0, "clipvalue": 0.5})),
            model(
                dense(),
                head(),
                optimizer=Choice(
                    "Adam", {"clipnorm": 1.0, "clipvalue": -1.0, "global_clipnorm": 1.0}
                ),
            ),
        ],
        [
            model(dense(), head(), optimizer=Choice("SGD", {"clipnorm": 1.0, "clipvalue": None})),
            model(dense(), head(), optimizer=Choice("SGD", {"global_clipnorm": 1.0})),
        ],
    ),
    "TRN09": (
        [
            diabetes(dense(), head(1, "linear"), class_weight="balanced"),
            diabetes(dense(), head(1, "linear"), class_weight=(1.0, 2.0)),
            model(dense(), head(), class_weight=(1.0, 2.0, 3.0)),
        ],
        [
            model(dense(), head(), class_weight="balanced"),
            model(dense(), head(), class_weight=(1.0, 2.0)),
        ],
    ),
    "TRN11": (
        [
            model(dense(), head(), batch_size=0),
            model(dense(), head(), epochs=-1),
            model(dense(), head(), validation_split=1.0),
            model(dense(), head(), seed=2**40),
            model(dense(), head(), optimizer=Choice("Adam", {"learning_rate": -1.0})),
            model(dense(), head(), optimizer=Choice("Adam", {"speed": 1.0})),
            model(dense(), head(), early_stopping=EarlyStopping(patience=-1)),
            model(dense(), head(), reduce_lr=ReduceLROnPlateau(factor=2.0)),
            model(dense(), head(), class_weight=(1.0, -2.0)),
            model(dense(), head(), measuring=Measuring(budget=-0.1)),
            model(
                dense(),
                head(),
                metrics=("true_positives",),
                reduce_lr=ReduceLROnPlateau("true_positives"),
            ),
        ],
        [SOUND],
    ),
    "TRN12": (
        [
            model(dense(), head(), optimizer=Choice("Adm")),
            model(dense(), head(), loss="BinaryCrossentrop"),
            model(dense(), head(), metrics=("accurracy",)),
        ],
        [SOUND],
    ),
    "TRN13": (
        [model(dense(), head(), validation_split=0.9999)],
        [SOUND, model(dense(), head(), validation_split=0.0)],
    ),
    "WGT01": (
        [begun(model(dense(units=9), head())), begun(model(dense(use_bias=False), head()))],
        [
            SOUND,
            begun(model(dense(), head())),
            begun(model(dense(units=9), head(), start="new")),
            begun(model(dense("another"), head())),
            begun(model(dense(units=9), head()), "2" * 32),
        ],
    ),
    "WGT02": (
        [begun(SOUND, "2" * 32)],
        [SOUND, begun(SOUND), begun(model(dense(), head(), start="new"), "2" * 32)],
    ),
}  # fmt: skip
"""Code: (projects that have it, projects that do not)."""
