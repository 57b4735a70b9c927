"""The project as a value, and the file that holds it."""

from bnstudio.project.error import ProjectError
from bnstudio.project.fields import SUFFIX, VERSION
from bnstudio.project.file import load, read_text, save, write_atomic
from bnstudio.project.place import line_and_column
from bnstudio.project.reading import fragment_loads, loads, node_lines
from bnstudio.project.samples import Sample, is_sample, samples
from bnstudio.project.scratch import Scratch
from bnstudio.project.value import InitialWeights, Project
from bnstudio.project.writing import dumps, fragment_dumps

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
