"""Training objectives (MATCHED section 4): a sum of weighted losses over a batch's embeddings and class scores.

The losses are PyTorch's and pytorch-metric-learning's. A new objective is one line in `OBJECTIVES`.
"""

from __future__ import annotations

import torch
from pytorch_metric_learning.losses import SupConLoss
from torch import nn

from lib.errors import DataError

OBJECTIVES: dict[str, dict[str, float]] = {
    "pre-trained": {},  # no training: the backbone as it comes
    "ce": {"ce": 1.0},
    "supcon": {"supcon": 1.0},
    "ce+supcon": {"ce": 1.0, "supcon": 1.0},
}
PUBLISHED = {"pre-trained": "pre-trained", "ce": "CE", "supcon": "SupCon", "ce+supcon": "CE+SupCon"}
"""The objectives' names in the papers' tables."""


class Objective(nn.Module):
    """The weighted sum of an objective's losses.

    `classifies`: it trains class scores, so that vendors can be identified. `contrasts`: it compares items with
    others of the same vendor, so that batches need several items of a vendor.
    """

    def __init__(self, name: str, temperature: float = 0.1) -> None:
        """Raises DataError for an objective that isn't in OBJECTIVES."""
        super().__init__()
        if name not in OBJECTIVES:
            raise DataError(
                f"There is no objective called {name!r}. Known are {', '.join(OBJECTIVES)}; a new one is a "
                "line in lib/objectives.py."
            )
        self.weights = OBJECTIVES[name]
        self.classifies = "ce" in self.weights
        self.contrasts = bool(set(self.weights) - {"ce"})
        self.losses = nn.ModuleDict(
            {
                part: nn.CrossEntropyLoss() if part == "ce" else SupConLoss(temperature=temperature)
                for part in self.weights
            }
        )

    def forward(self, embeddings: torch.Tensor, scores: torch.Tensor | None, vendors: torch.Tensor) -> torch.Tensor:
        """embeddings (n, d) of any length, scores (n, classes) or None, vendors (n,) class numbers -> the loss."""
        return sum(
            weight * self.losses[part](scores.float() if part == "ce" else embeddings.float(), vendors)
            for part, weight in self.weights.items()
        )
