"""The project as a value, and the file that holds it."""

from bnstudio.project.file import load, read_text, save, write_atomic
from bnstudio.project.place import line_and_column
from bnstudio.project.samples import Sample, is_sample, samples
from bnstudio.project.scratch import Scratch
from bnstudio.project.text import (
    SUFFIX,
    VERSION,
    ProjectError,
    dumps,
    fragment_dumps,
    fragment_loads,
    loads,
    node_lines,
)
from bnstudio.project.value import InitialWeights, Project

__all__ = [
    "SUFFIX",
    "VERSION",
    "InitialWeights",
    "Project",
    "ProjectError",
    "Sample",
    "Scratch",
    "dumps",
    "fragment_dumps",
    "fragment_loads",
    "is_sample",
    "line_and_column",
    "load",
    "loads",
    "node_lines",
    "read_text",
    "samples",
    "save",
    "write_atomic",
]
