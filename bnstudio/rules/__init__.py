"""The diagnostics: one small generator each, by topic; fixes are pure edits."""

from bnstudio.rules import (  # each import enters its rules, in reading order
    augmentation,
    batchnorm,
    data,
    failures,
    foreign,
    loss,
    machine,
    models,
    structure,
    training,
    weights,
)
from bnstudio.rules.diagnostics import (
    RULES,
    Case,
    Diagnostic,
    Finding,
    Fix,
    Rule,
    Severity,
    diagnose,
    rule,
)
from bnstudio.rules.head import Head
from bnstudio.rules.proposals import Proposal, propose

__all__ = [
    "RULES",
    "Case",
    "Diagnostic",
    "Finding",
    "Fix",
    "Head",
    "Proposal",
    "Rule",
    "Severity",
    "augmentation",
    "batchnorm",
    "data",
    "diagnose",
    "failures",
    "foreign",
    "loss",
    "machine",
    "models",
    "propose",
    "rule",
    "structure",
    "training",
    "weights",
]
