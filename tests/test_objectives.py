"""Losses against plain loops over a batch: of the paper's text, and of what the authors' code computes instead."""

import math

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.functional import cosine_similarity, cross_entropy

from lib.core.errors import DataError
from lib.runs.losses import (
    LOSSES,
    OBJECTIVES,
    RELEASED_LOSSES,
    Objective,
    ReleasedImageSupCon,
    ReleasedSupCon,
    SupCon,
    Triplet,
    hardest_negatives,
    random_triplets,
)
from lib.study.config import Training

SOME = settings(deadline=None, max_examples=40)
SEEDS, ITEMS, VENDORS, MANY = st.integers(0, 2**31), st.integers(2, 12), st.integers(1, 5), st.integers(1, 14)
WARM = st.sampled_from([0.1, 0.5])


def batch(seed, items, vendors):
    """Embeddings, in double precision so that they can be compared closely, and their vendors."""
    chance = torch.Generator().manual_seed(seed)
    embeddings = torch.randn(items, 5, generator=chance, dtype=torch.float64)
    return embeddings, torch.randint(vendors, (items,), generator=chance)


def cosines(embeddings):
    return [[cosine_similarity(one, two, dim=0).item() for two in embeddings] for one in embeddings]


def positives(vendors, item):
    return [other for other in range(len(vendors)) if other != item and vendors[other] == vendors[item]]


def negatives(embeddings, vendors, item, k=None):
    """The most similar first."""
    others = [other for other in range(len(vendors)) if vendors[other] != vendors[item]]
    return sorted(others, key=lambda other: -cosine_similarity(embeddings[item], embeddings[other], dim=0))[:k]


def mean(values):
    values = list(values)
    return sum(values) / len(values)


def gradient(loss, embeddings, vendors):
    embeddings = embeddings.clone().requires_grad_()
    return torch.autograd.grad(loss(embeddings, vendors), embeddings)[0]


def pairs(found):
    anchors, others = (rows.tolist() for rows in found)
    return sorted(zip(anchors, others, strict=True))


@SOME
@given(SEEDS, ITEMS, VENDORS, st.none() | MANY)
def test_pairs_are_all_positives_and_each_items_hardest_negatives(seed, items, count, k):
    embeddings, vendors = batch(seed, items, count)
    found = hardest_negatives(embeddings, vendors, k)
    assert pairs(found[:2]) == sorted((item, other) for item in range(items) for other in positives(vendors, item))
    assert pairs(found[2:]) == sorted(
        (item, other) for item in range(items) for other in negatives(embeddings, vendors, item, k)
    )


def test_an_item_with_fewer_negatives_than_asked_for_has_just_those():
    """Four items of vendor 0 have one negative each, though three are asked for."""
    vendors = torch.tensor([0, 0, 0, 0, 1])
    found = hardest_negatives(torch.randn(5, 3), vendors, 3)
    assert pairs(found[2:])[:4] == [(0, 4), (1, 4), (2, 4), (3, 4)] and len(found[2]) == 4 + 3
    assert [len(rows) for rows in hardest_negatives(torch.randn(5, 3), torch.zeros(5), 3)] == [20, 20, 0, 0]


@SOME
@given(SEEDS, ITEMS, VENDORS, st.none() | MANY)
def test_triplets_are_of_every_item_that_has_both_sides(seed, items, count, k):
    embeddings, vendors = batch(seed, items, count)
    torch.manual_seed(seed)
    anchors, same, other = random_triplets(vendors, k)
    assert (vendors[same] == vendors[anchors]).all() and (same != anchors).all()
    assert (vendors[other] != vendors[anchors]).all()
    able = [item for item in range(items) if positives(vendors, item) and negatives(embeddings, vendors, item)]
    assert anchors.tolist() == [item for item in able for _ in range(k or 5)]
    torch.manual_seed(seed)
    assert all(torch.equal(*two) for two in zip(random_triplets(vendors, k), (anchors, same, other), strict=True))


def test_another_seed_draws_other_triplets():
    vendors = torch.arange(40) % 4
    torch.manual_seed(0)
    first, second = random_triplets(vendors, 5), random_triplets(vendors, 5)
    assert torch.equal(first[0], second[0])
    assert not torch.equal(first[1], second[1]) and not torch.equal(first[2], second[2])


@pytest.mark.parametrize("vendors", [[0, 1, 2], [0, 0, 0]])
def test_without_a_positive_or_a_negative_there_are_no_triplets(vendors):
    vendors = torch.tensor(vendors)
    assert [len(rows) for rows in random_triplets(vendors, 5)] == [0, 0, 0]
    assert not gradient(Triplet(0.3, 5), torch.randn(3, 4), vendors).any()


@SOME
@given(SEEDS, ITEMS, VENDORS, st.none() | MANY, WARM)
def test_supcon_is_khoslas_loss_with_the_hardest_negatives(seed, items, count, k, temperature):
    """L_out, averaged over the items that have a positive; all negatives without `k`."""
    embeddings, vendors = batch(seed, items, count)
    assume(1 < len(vendors.unique()) < items)  # somebody has a negative, and somebody a positive
    cosine, losses = cosines(embeddings), []
    for item in range(items):
        ours = positives(vendors, item)
        if ours:
            among = ours + negatives(embeddings, vendors, item, k)
            bottom = sum(math.exp(cosine[item][other] / temperature) for other in among)
            losses.append(-mean(math.log(math.exp(cosine[item][other] / temperature) / bottom) for other in ours))
    assert SupCon(temperature, k)(embeddings, vendors).item() == pytest.approx(mean(losses), rel=1e-6)


def released_supcon(embeddings, vendors, temperature, k, zeros):
    """The formula of `ReleasedSupCon`'s docstring. zeros: whether an item that is no negative may be one of the hard
    ones, with the cosine 0 that it has in A_i; it makes a difference only where a negative's cosine is below 0."""
    items, logarithms = range(len(vendors)), []
    s = [[cosine / temperature for cosine in row] for row in cosines(embeddings)]
    for i in items:
        m, others = max(s[i]), negatives(embeddings, vendors, i)
        away = [math.exp(s[i][j] - m) for j in others]
        nothing = [math.exp(-m)] * (len(items) - len(others))
        hard = sorted(away + nothing if zeros else away, reverse=True)[:k]
        top = sum(math.exp(s[i][j] - m) for j in positives(vendors, i))
        for e in hard:
            bottom = top + sum(hard) + sum(away + nothing) - e
            logarithms.append(-math.log(top / (bottom + 1e-8) + 1e-8))
    return mean(logarithms)


@SOME
@given(SEEDS, st.integers(5, 12), st.integers(1, 3), WARM)
def test_published_supcon_is_its_formula(seed, items, k, temperature):
    """Of vectors in one orthant, which have no cosine below 0."""
    embeddings, vendors = batch(seed, items, items)
    embeddings, vendors = embeddings.abs(), vendors % 3
    assume(min(len(negatives(embeddings, vendors, item)) for item in range(items)) >= k)
    expected = released_supcon(embeddings, vendors, temperature, k, zeros=False)
    assert ReleasedSupCon(temperature, k)(embeddings, vendors).item() == pytest.approx(expected, rel=1e-6)


@SOME
@given(SEEDS, st.integers(5, 12), st.integers(1, 6), WARM)
def test_published_supcon_prefers_a_zero_to_a_negative_below_it(seed, items, k, temperature):
    """As in the authors' code, where the cosines are multiplied with the mask of negatives before the largest are
    taken; and no more of them than the item with the fewest negatives has."""
    embeddings, vendors = batch(seed, items, 3)
    least = min(len(negatives(embeddings, vendors, item)) for item in range(items))
    assume(least)
    expected = released_supcon(embeddings, vendors, temperature, min(k, least), zeros=True)
    assert ReleasedSupCon(temperature, k)(embeddings, vendors).item() == pytest.approx(expected, rel=1e-6)


def test_a_batch_without_a_positive_teaches_the_published_supcon_nothing():
    embeddings, vendors = torch.randn(12, 8), torch.arange(12)
    assert ReleasedSupCon(0.1, 5)(embeddings, vendors).item() == pytest.approx(-math.log(1e-8))
    assert not gradient(ReleasedSupCon(0.1, 5), embeddings, vendors).any()


def test_a_batch_of_one_vendor_teaches_the_published_supcon_nothing():
    assert not gradient(ReleasedSupCon(0.1, 5), torch.randn(6, 8), torch.zeros(6)).any()


@SOME
@given(SEEDS, ITEMS, VENDORS, WARM)
def test_published_vision_supcon_pulls_everything_when_it_draws_everything(seed, items, count, temperature):
    """With `k` not below the number of items that are no positives nothing is left to chance; the item itself is drawn
    too."""
    embeddings, vendors = batch(seed, items, count)
    s = [[cosine / temperature for cosine in row] for row in cosines(embeddings)]
    losses = []
    for i in range(items):
        bottom = sum(math.exp(s[i][j]) for j in range(items) if j != i)
        losses.append(-mean(math.log(math.exp(s[i][j]) / bottom) for j in range(items)))
    k = max(items - len(positives(vendors, item)) for item in range(items))
    for enough in (k, items, items + 5):
        loss = ReleasedImageSupCon(temperature, enough)(embeddings, vendors)
        assert loss.item() == pytest.approx(mean(losses), rel=1e-6)


def test_published_vision_supcon_differs_from_supcon_by_its_drawn_negatives_alone():
    embeddings, _ = batch(3, 12, 4)
    vendors = torch.arange(12) % 4
    expected = SupCon(0.1, None)(embeddings, vendors).item()
    assert ReleasedImageSupCon(0.1, 0)(embeddings, vendors).item() == pytest.approx(expected)
    assert ReleasedImageSupCon(0.1, 1)(embeddings, vendors).item() != pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
def test_published_vision_supcon_pulls_different_vendors_together(seed):
    """Its defect: in a batch where nobody has a positive, a step down the loss makes different vendors more alike.
    Shown for vectors that share a direction and differ, as an encoder's do; where all cosines are near one value there
    is little to pull."""
    torch.manual_seed(seed)
    embeddings, vendors = torch.randn(12, 8) + torch.randn(8), torch.arange(12)

    def alike(vectors):
        cosine = cosine_similarity(vectors[:, None], vectors[None], dim=-1)
        return cosine[vendors[:, None] != vendors[None]].mean()

    step = gradient(ReleasedImageSupCon(0.1, 5), embeddings, vendors)
    assert alike(embeddings - 0.05 * step / step.norm()) > alike(embeddings) + 1e-4
    assert not gradient(SupCon(0.1, 5), embeddings, vendors).any()


@SOME
@given(SEEDS, ITEMS, VENDORS, st.sampled_from([(1.0, True), (0.3, False)]))
def test_triplet_is_the_mean_over_its_triplets(seed, items, count, how):
    """Published over all of them, with a margin of 1; else over those above 0."""
    margin, over_all = how
    embeddings, vendors = batch(seed, items, count)
    cosine = cosines(embeddings)
    torch.manual_seed(seed)
    drawn = zip(*(rows.tolist() for rows in random_triplets(vendors, 5)), strict=True)
    losses = [max(0.0, cosine[anchor][other] - cosine[anchor][same] + margin) for anchor, same, other in drawn]
    losses = [loss for loss in losses if over_all or loss > 0]
    torch.manual_seed(seed)
    loss = Triplet(margin, 5, over_all)(embeddings, vendors).item()
    assert loss == pytest.approx(mean(losses) if losses else 0, rel=1e-6)


def scored(items=12, classes=4):
    torch.manual_seed(0)
    return torch.randn(items, 8), torch.randn(items, classes), torch.arange(items) % classes


def test_an_unknown_objective_lists_the_known_ones():
    with pytest.raises(DataError) as error:
        Objective("centre")
    assert all(name in str(error.value) for name in ["'centre'", *OBJECTIVES])


@pytest.mark.parametrize("name", OBJECTIVES)
def test_an_objective_says_what_it_needs(name):
    objective = Objective(name)
    assert objective.classifies == (name.split("+")[0] == "ce")
    assert objective.contrasts == ("supcon" in name or "triplet" in name)


def test_contrast_weight_scales_the_contrastive_part_alone():
    embeddings, scores, vendors = scored()
    objective = Objective("ce+supcon", Training(contrast_weight=0.25))
    ce, contrast = cross_entropy(scores, vendors), SupCon(Training().temperature, Training().negatives)
    expected = ce + 0.25 * contrast(embeddings, vendors)
    assert objective(embeddings, scores, vendors).item() == pytest.approx(expected.item())
    assert objective(embeddings, scores, vendors, {"ce"}).item() == pytest.approx(ce.item())
    alone = Objective("ce", Training(contrast_weight=0.25))
    assert alone(embeddings, scores, vendors).item() == pytest.approx(ce.item())


@pytest.mark.parametrize("modality", ["text", "image", "multimodal"])
@pytest.mark.parametrize("name", OBJECTIVES)
def test_cross_entropy_alone_is_checked_of_published_joint_systems_that_classify(name, modality):
    assert Objective(name, variant="corrected", modality=modality).validated is None
    ce_alone = modality == "multimodal" and name.startswith("ce")
    assert Objective(name, variant="released", modality=modality).validated == ({"ce"} if ce_alone else None)


@pytest.mark.parametrize(
    ("variant", "modality", "expected"),
    [
        *(("corrected", modality, SupCon) for modality in ("text", "image", "multimodal")),
        ("released", "text", ReleasedSupCon),
        ("released", "image", ReleasedImageSupCon),
        ("released", "multimodal", ReleasedSupCon),
    ],
)
def test_the_published_losses_are_taken_by_modality(variant, modality, expected):
    settings = Training(temperature=0.2, negatives=3, margin=0.4)
    parts = {name: Objective(name, settings, variant, modality).losses[name] for name in ("supcon", "triplet")}
    assert type(parts["supcon"]) is expected and parts["supcon"].k == 3
    assert parts["triplet"].loss.margin == (1.0 if variant == "released" else 0.4) and parts["triplet"].k == 3


class Spread(nn.Module):
    """A loss of one's own: the length of the mean vector."""

    def forward(self, embeddings, vendors):
        return embeddings.mean(0).norm()


def test_an_objective_is_one_line_and_a_loss_one_line(monkeypatch):
    monkeypatch.setitem(LOSSES, "spread", lambda settings: Spread())
    monkeypatch.setitem(OBJECTIVES, "ce+spread", {"ce": 1.0, "spread": 0.5})
    embeddings, scores, vendors = scored()
    objective = Objective("ce+spread")
    assert objective.classifies and objective.contrasts
    expected = cross_entropy(scores, vendors) + 0.5 * embeddings.mean(0).norm()
    assert objective(embeddings, scores, vendors).item() == pytest.approx(expected.item())


def test_every_published_loss_stands_beside_one_of_the_text():
    assert {name.split(",")[0] for name in RELEASED_LOSSES} == set(LOSSES)
