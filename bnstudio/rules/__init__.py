"""The diagnostics: one small generator each, by topic; fixes are pure edits."""

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

__all__ = [
    "RULES",
    "Case",
    "Diagnostic",
    "Finding",
    "Fix",
    "Rule",
    "Severity",
    "diagnose",
    "rule",
]
