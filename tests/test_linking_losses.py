"""lib.hotels.linking_losses: each loss is lower where classes are together, and the pairs' loss is its formula."""

import pytest
import torch
from torch.nn import functional

from lib.core.errors import DataError
from lib.hotels import linking_losses


def batch(spread, seed=0, classes=6, each=4, dimensions=16):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(classes).repeat_interleave(each)
    points = torch.randn(classes, dimensions, generator=generator)[labels]
    return points + spread * torch.randn(points.shape, generator=generator), labels


@pytest.mark.parametrize("name", linking_losses.KINDS)
def test_a_loss_can_be_learnt(name):
    """Vectors and the loss's own weights, moved by its gradient, end with classes together."""
    torch.manual_seed(0)
    vectors, labels = batch(spread=1.5)
    vectors.requires_grad_(True)
    # With many centres a class may lie in several places, and its vectors needn't be neighbours.
    settings = {"centres": 1} if name == "softtriple" else {}
    loss = linking_losses.loss(name, 6, 16, **settings)
    optimiser = torch.optim.Adam([vectors, *loss.parameters()], lr=0.05)
    before = loss(vectors, labels).item()
    for _ in range(200):
        optimiser.zero_grad()
        found = loss(vectors, labels)
        assert torch.isfinite(found)
        found.backward()
        optimiser.step()
    assert loss(vectors, labels).item() < before
    unit = functional.normalize(vectors.detach(), dim=1)
    alike = (unit @ unit.T).fill_diagonal_(-1)
    assert (labels[alike.argmax(1)] == labels).float().mean() > 0.9


@pytest.mark.parametrize("hard", [False, True])
def test_pairs_are_scored_one_by_one(hard):
    vectors, labels = batch(spread=1.0, classes=3, each=3)
    loss = linking_losses.Pairs(hard)
    unit = functional.normalize(vectors, dim=1)
    near, far = [], []
    for one in range(9):
        same = [other for other in range(9) if labels[other] == labels[one] and other != one]
        different = [other for other in range(9) if labels[other] != labels[one]]
        cosine = (unit @ unit[one]).tolist()
        if hard:
            same, different = [min(same, key=cosine.__getitem__)], [max(different, key=cosine.__getitem__)]
        near += [10 * cosine[other] - 5 for other in same]
        far += [10 * cosine[other] - 5 for other in different]
    expected = functional.softplus(-torch.tensor(near)).mean() / 2 + functional.softplus(torch.tensor(far)).mean() / 2
    assert loss(vectors, labels).item() == pytest.approx(expected.item(), rel=1e-5)


def test_a_batch_of_one_class_is_finite():
    vectors, _ = batch(0.5, classes=1)
    for hard in (False, True):
        assert torch.isfinite(linking_losses.Pairs(hard)(vectors, torch.zeros(4, dtype=torch.long)))


def test_proxies_pull_by_the_formula_of_the_paper():
    """-log of the own proxy's share of exp(-d² / temperature), d between unit vectors."""
    torch.manual_seed(1)
    vectors, labels = batch(1.0)
    loss = linking_losses.loss("proxynca++", 6, 16)
    unit, proxies = functional.normalize(vectors, dim=1), functional.normalize(loss.proxies.detach(), dim=1)
    expected = functional.cross_entropy(-9 * torch.cdist(unit, proxies) ** 2, labels)
    assert loss(vectors, labels).item() == pytest.approx(expected.item(), rel=1e-4)


def test_what_is_not_known_is_an_error():
    with pytest.raises(DataError, match="no loss called 'nothing'"):
        linking_losses.loss("nothing", 3, 4)
    with pytest.raises(DataError, match="circle has no setting margin; it has m, gamma"):
        linking_losses.loss("circle", 3, 4, margin=0.1)
