"""Losses that teach a picture model to link pictures of one place (Revisited Hotels, section 3, Appendices C and D;
Table 6).

All but the two on pairs are pytorch-metric-learning's. A loss takes vectors (n, d) and classes (n,) and may have
weights of its own (proxies, centres).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from pytorch_metric_learning import distances, losses, miners
from torch import nn
from torch.nn import functional

from lib.core import published
from lib.core.errors import DataError


class Pairs(nn.Module):
    """Binary cross-entropy on every pair of a batch: is it of one class? The cosine, scaled and shifted by learnt
    numbers, is the logit; pairs of one class weigh as much in all as the others, which are many more. hard: only each
    picture's least alike partner of its class and its most alike of another."""

    def __init__(self, hard: bool = False) -> None:
        super().__init__()
        self.hard = hard
        self.scale = nn.Parameter(torch.tensor(10.0))
        self.shift = nn.Parameter(torch.tensor(-5.0))

    def forward(self, vectors: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
        unit = functional.normalize(vectors, dim=1)
        logits = self.scale * (unit @ unit.T) + self.shift
        same = classes[:, None] == classes[None, :]
        positive, negative = same & ~torch.eye(len(classes), dtype=torch.bool, device=classes.device), ~same
        if self.hard:
            farthest = torch.where(positive, logits, torch.inf).argmin(1, keepdim=True)
            nearest = torch.where(negative, logits, -torch.inf).argmax(1, keepdim=True)
            positive &= torch.zeros_like(same).scatter(1, farthest, True)
            negative &= torch.zeros_like(same).scatter(1, nearest, True)
        near = -functional.logsigmoid(logits[positive]).sum() / positive.sum().clamp(min=1)
        far = -functional.logsigmoid(-logits[negative]).sum() / negative.sum().clamp(min=1)
        return (near + far) / 2


class Mined(nn.Module):
    """A loss on the pairs that a miner picks."""

    def __init__(self, loss: nn.Module, miner: Any) -> None:
        super().__init__()
        self.loss, self.miner = loss, miner

    def forward(self, vectors: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
        loss: torch.Tensor = self.loss(vectors, classes, self.miner(vectors, classes))
        return loss


@dataclass(frozen=True)
class Kind:
    """How a loss is made and fed: `make(classes, dimensions, **settings)`; published: its name in Tables 4 to 6;
    settings: by name, with the values of its own paper or code, which Table 6 may replace. views: pictures are shown in
    two augmentations. epsilon: Adam's."""

    published: str
    make: Callable[..., nn.Module]
    settings: dict[str, float]
    views: bool = False
    epsilon: float = 1e-8


def _proxies(classes: int, dimensions: int, temperature: float) -> nn.Module:
    """ProxyNCA++ (Teh et al. 2020): the probability of a picture's own proxy among all, squared distances of unit
    vectors over a temperature. Its authors' code trains it by Adam with an epsilon of 1, whence the large rates of
    Table 6: steps are nearly proportional to gradients."""
    loss: nn.Module = losses.ProxyNCALoss(classes, dimensions, softmax_scale=1 / temperature)
    return loss


KINDS: dict[str, Kind] = {
    "triplet": Kind(
        "Triplet",
        lambda classes, dimensions, margin: losses.TripletMarginLoss(margin, distance=distances.CosineSimilarity()),
        {"margin": 0.1},
    ),
    "circle": Kind(
        "Circle", lambda classes, dimensions, m, gamma: losses.CircleLoss(m, gamma), {"m": 0.4, "gamma": 80.0}
    ),
    "multi-similarity": Kind(
        "MultiSim",
        lambda classes, dimensions, epsilon: Mined(losses.MultiSimilarityLoss(), miners.MultiSimilarityMiner(epsilon)),
        {"epsilon": 0.1},
    ),
    "proxynca++": Kind("ProxyNCA++", _proxies, {"temperature": 1 / 9}, epsilon=1.0),
    "supcon": Kind(
        "SupCon",
        lambda classes, dimensions, temperature: losses.SupConLoss(temperature),
        {"temperature": 0.05},
        views=True,
    ),
    "softtriple": Kind(
        "SoftTriple",
        lambda classes, dimensions, centres: losses.SoftTripleLoss(classes, dimensions, int(centres)),
        {"centres": 10},
    ),
    "bce": Kind("BCE", lambda classes, dimensions: Pairs(), {}),
    "hard-bce": Kind("Hard BCE", lambda classes, dimensions: Pairs(hard=True), {}),
}


TABLE_6 = {
    "LR": "lr",
    "BS": "batch",
    "nc": "classes",
    "plr": "proxy_lr",
    "temp": "temperature",
    "cpc": "centres",
}
"""Hyper-parameters as Table 6 calls them, and as they are called here."""


def kind(name: str) -> Kind:
    """What is known of a loss. Raises DataError for an unknown name."""
    if name not in KINDS:
        raise DataError(
            f"There is no loss called {name!r}. Known are {', '.join(KINDS)} (lib/hotels/linking_losses.py)."
        )
    return KINDS[name]


def hyperparameters(name: str, dataset: str) -> dict[str, float]:
    """All of a loss's for a data set, by name: those of Table 6 (`lr`, `batch`, and where printed `classes` of a batch,
    `proxy_lr`, …), and its own."""
    table = published.table("hotels", 6)
    table = table[(table["system"] == kind(name).published) & (table["dataset"] == dataset)]
    return kind(name).settings | {TABLE_6[row.metric]: float(row.mean) for row in table.itertuples()}


def loss(name: str, classes: int, dimensions: int, **settings: float) -> nn.Module:
    """A loss by its name in KINDS. Raises DataError for an unknown one, or a setting that it doesn't have."""
    known = kind(name).settings
    if unknown := set(settings) - set(known):
        raise DataError(f"{name} has no setting {', '.join(sorted(unknown))}; it has {', '.join(known) or 'none'}.")
    return kind(name).make(classes, dimensions, **known | settings)
