"""What is proposed goes together, fits the model, and gives its reason."""

import pytest

from bnstudio.rules import propose
from bnstudio.rules.proposals import TITLES, apply_all
from bnstudio.settings import Choice
from tests.rules.projects import case, diabetes, errors, head, model, node, wine

HIDDEN = node("Dense", "hidden", units=8, activation="relu")
SOFTMAX, SIGMOID, LINEAR = "softmax", "sigmoid", None


@pytest.mark.parametrize(
    ("project", "loss", "targets"),
    [
        (model(HIDDEN, head(1, SIGMOID), loss="mse"), "BinaryCrossentropy", "integer"),
        (model(HIDDEN, head(1, LINEAR), loss="cce"), "BinaryCrossentropy", "integer"),
        (model(HIDDEN, head(2, SIGMOID)), "BinaryCrossentropy", "one_hot"),
        (model(HIDDEN, head(2, SOFTMAX)), "SparseCategoricalCrossentropy", "integer"),
        (wine(HIDDEN, head(3, SOFTMAX), loss="cce"), "SparseCategoricalCrossentropy", "integer"),
        (wine(HIDDEN, head(3, LINEAR)), "SparseCategoricalCrossentropy", "integer"),
        (
            wine(HIDDEN, head(3, SOFTMAX), loss="scce", targets="one_hot"),
            "CategoricalCrossentropy",
            "one_hot",
        ),
        (diabetes(HIDDEN, head(1, LINEAR), loss="cce"), "MeanSquaredError", "integer"),
    ],
)
def test_loss_targets_and_metrics_fit_the_model(project, loss, targets):
    after = apply_all(project, propose(case(project)))
    assert after.settings.loss.name == loss
    assert after.source.targets == targets
    assert errors(after) == set()


def test_logits_are_told_to_the_loss():
    project = wine(HIDDEN, head(3, LINEAR))
    after = apply_all(project, propose(case(project)))
    assert after.settings.loss == Choice("SparseCategoricalCrossentropy", {"from_logits": True})


def test_every_field_is_proposed_in_order_with_a_reason():
    proposals = propose(case(wine(HIDDEN, head(3, SOFTMAX))))
    assert [proposal.field for proposal in proposals] == list(TITLES)
    assert all(len(proposal.reason) > 20 for proposal in proposals)
    assert proposals[0].title == "Targets"


def test_nothing_more_is_proposed_once_it_is_applied():
    project = wine(HIDDEN, head(3, SOFTMAX))
    after = apply_all(project, propose(case(project)))
    assert not any(proposal.changes(after) for proposal in propose(case(after)))


def test_batches_are_not_tiny_before_batch_normalization():
    normalized = wine(HIDDEN, node("BatchNormalization", "norm"), head(3, SOFTMAX))
    proposals = {p.field: p for p in propose(case(normalized))}
    assert proposals["settings.batch_size"].value >= 16
    assert "batch normalization" in proposals["settings.batch_size"].reason


def test_without_data_nothing_is_proposed():
    assert propose(case(model(HIDDEN, head(), source="nowhere"))) == ()
