"""What Keras does with projects of the table; a program, so that the tests need no Keras.

It is given places in the table, such as ``LOSS04 0 1`` (code, bad or good, number), and prints a
JSON object: for each place null if a batch could be put through the model, its loss and its
metrics, and Keras's words if not.
"""

import json
import sys
import warnings


def try_out(project):
    import keras

    from bnstudio.analysis import analyze
    from bnstudio.data.prepare import prepare
    from bnstudio.engine.builder import build
    from bnstudio.engine.objects import make_loss, make_optimizer
    from bnstudio.plan import plan

    keras.backend.clear_session(free_memory=False)
    settings = project.settings
    rows = prepare(project.source, 0, settings.validation_split)
    model = build(plan(analyze(project.graph))).model
    model.compile(
        make_optimizer(settings.optimizer),
        make_loss(settings.loss),
        metrics=list(settings.metrics),
        run_eagerly=True,
    )
    model.test_on_batch(rows.x_train[:32], rows.y_train[:32])


def main():
    from tests.rules.table import TABLE

    answers = {}
    for place in sys.argv[1:]:
        code, side, number = place.split()
        try:
            try_out(TABLE[code][int(side)][int(number)])
        except Exception as error:
            answers[place] = f"{type(error).__name__}: {error}"[:300]
        else:
            answers[place] = None
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
