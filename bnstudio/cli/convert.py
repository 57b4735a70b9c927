"""``bnstudio convert``: a project or a model file in another form, told by the suffix."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

NAME = "convert"
HELP = "write a project or a model file in another form: a script, a model, a picture"
DESCRIPTION = (
    "Writes a project, or a model file of Keras, in another form, which the suffix of OUT says: "
    ".bnstudio for a project (its weights go beside it, as .weights), .py for a Keras script, "
    ".ipynb for a Jupyter notebook (the weights that its model begins with go beside it: for "
    "net.py, net.initial.weights.h5), .svg, .png or .pdf for a picture of the drawing; .keras, "
    ".weights.h5, .json, .savedmodel (a folder), .tflite (LiteRT) or .onnx for the model. A model "
    "is opened again in a fresh process and compared before OUT is replaced, and is refused where "
    "the form would change what it computes. Exit status: 0, 1 where it is refused, 2 if a file "
    "cannot be read or written."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares what the command takes."""
    from bnstudio.cli.project_file import add_file

    add_file(parser)
    parser.add_argument("out", metavar="OUT", help="where it goes")
    parser.add_argument(
        "--weights",
        metavar="RUN",
        help="whose weights a model has: a run's number, as `bnstudio runs` lists it, N:best for "
        "its best epoch, 'project' for those that the project begins with, or 'fresh'; by default "
        "the first of these that there is: the newest run's of this very model, the project's, "
        "fresh ones; a model file's own. A script begins with the project's or with fresh ones",
    )
    parser.add_argument(
        "--fold-batchnorm",
        action="store_true",
        help="take each batch normalization into the Dense or convolution before it, where that "
        "leaves what the model computes as it is; for models that are trained",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="replace a file that is in the place of the weights beside a script, with others",
    )


def run(chosen: argparse.Namespace) -> int:
    """Writes the file and names it."""
    from bnstudio.cli.project_file import open_project, say_missing, with_weights
    from bnstudio.exporters import EXPORTERS, exporter_of
    from bnstudio.project import SUFFIX, ProjectError, Scratch, save, write_atomic
    from bnstudio.weights import SUFFIX as WEIGHTS
    from bnstudio.weights import WeightsError, place

    path = Path(chosen.out)
    exporter = exporter_of(path)
    if exporter is None and path.suffix.lower() != SUFFIX:
        known = ", ".join(
            [f"{SUFFIX} (project)", *(f"{entry.suffix} ({entry.title})" for entry in EXPORTERS)]
        )
        said = f"nothing can be written as {path.suffix!r}"
        raise ProjectError(
            f"{said if path.suffix else 'the name has no suffix'}; there are {known}", chosen.out
        )
    holds = exporter is not None and (exporter.weights or exporter.loading is not None)
    if chosen.weights is not None and not holds:
        raise ProjectError("it holds no weights, so --weights says nothing", chosen.out)
    if chosen.fold_batchnorm and (exporter is None or not exporter.weights):
        raise ProjectError("it holds no weights, and folding changes these", chosen.out)
    opened = open_project(chosen.file)
    if exporter is None:
        with Scratch(path, f"own{WEIGHTS}") as scratch:
            project, weights = with_weights(opened, scratch.path)
            try:
                if weights is not None:
                    place.put_beside(weights, path)
            except WeightsError as error:
                raise ProjectError(str(error)) from error
            save(project, path)
        say_missing(opened)
    elif exporter.render is None:
        from bnstudio.cli.export import export

        return export(
            opened,
            chosen.file,
            exporter,
            chosen.out,
            chosen.weights,
            fold=chosen.fold_batchnorm,
        )
    elif exporter.loading is not None:
        from bnstudio.cli.script import write_script

        return write_script(
            opened, chosen.file, exporter, chosen.out, chosen.weights, force=chosen.force
        )
    else:
        write_atomic(chosen.out, exporter.content(opened.project, path))
    print(f"Wrote {chosen.out}.", file=sys.stderr)
    return 0
