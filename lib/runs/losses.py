"""Training objectives (MATCHED section 4 and A.4): a sum of weighted losses over a batch's embeddings and class scores.

The losses are PyTorch's and pytorch-metric-learning's; ours is the choice of a batch's pairs. The variants `described`
and `corrected` take five in-batch negatives, as A.4 says, which doesn't say which five, nor a margin or SupCon's
temperature; `released` is what the authors' code computes where it differs (`ReleasedSupCon`, `ReleasedImageSupCon`). A
new objective is one line in `OBJECTIVES`, a new loss one line in `LOSSES`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import torch
from pytorch_metric_learning.distances import CosineSimilarity
from pytorch_metric_learning.losses import SupConLoss, TripletMarginLoss
from pytorch_metric_learning.reducers import MeanReducer
from torch import nn
from torch.nn import functional

from lib.core.errors import DataError
from lib.models.system import System
from lib.runs.batches import Batch
from lib.study.config import Training

OBJECTIVES: dict[str, dict[str, float]] = {
    "pre-trained": {},  # no training: the backbone as it comes
    "ce": {"ce": 1.0},
    "triplet": {"triplet": 1.0},
    "supcon": {"supcon": 1.0},
    "ce+triplet": {"ce": 1.0, "triplet": 1.0},
    "ce+supcon": {"ce": 1.0, "supcon": 1.0},
}
RELEASED_MARGIN = 1.0


def hardest_negatives(embeddings: torch.Tensor, vendors: torch.Tensor, k: int | None) -> tuple[torch.Tensor, ...]:
    """All positive pairs, and each item's `k` most similar negatives (all without `k`), as pytorch-metric-learning
    takes them: anchors and positives, anchors and negatives, each (pairs,) row numbers."""
    same = vendors[:, None] == vendors[None, :]
    positive = same & ~torch.eye(len(vendors), dtype=torch.bool, device=vendors.device)
    negative = ~same
    if k is not None and k < len(vendors):
        unit = functional.normalize(embeddings.detach(), dim=-1)
        nearest = (unit @ unit.T).masked_fill(same, -torch.inf).topk(k).indices
        negative &= torch.zeros_like(negative).scatter_(1, nearest, True)
    return *torch.where(positive), *torch.where(negative)


def random_triplets(vendors: torch.Tensor, k: int | None) -> tuple[torch.Tensor, ...]:
    """One random positive and `k` random negatives (five without `k`) for each item that has both, drawn with
    replacement by torch's global generator: anchors, positives, negatives, each (triplets,) row numbers."""
    k = 5 if k is None else k
    same = vendors[:, None] == vendors[None, :]
    positive = same & ~torch.eye(len(vendors), dtype=torch.bool, device=vendors.device)
    anchors = torch.where(positive.any(1) & ~same.all(1))[0]
    if not len(anchors):
        return anchors, anchors, anchors
    positives = torch.multinomial(positive[anchors].float(), 1).expand(-1, k)
    negatives = torch.multinomial((~same)[anchors].float(), k, replacement=True)
    return anchors[:, None].expand(-1, k).flatten(), positives.flatten(), negatives.flatten()


class Triplet(nn.Module):
    """max(0, cos(anchor, negative) - cos(anchor, positive) + margin), averaged over the `random_triplets` where it is
    above 0 or, as in the authors' code (over_all), over all of them."""

    def __init__(self, margin: float, k: int | None, over_all: bool = False) -> None:
        super().__init__()
        self.k = k
        self.loss = TripletMarginLoss(margin, distance=CosineSimilarity(), reducer=MeanReducer() if over_all else None)

    def forward(self, embeddings: torch.Tensor, vendors: torch.Tensor) -> torch.Tensor:
        loss: torch.Tensor = self.loss(embeddings, vendors, random_triplets(vendors, self.k))
        return loss


class SupCon(nn.Module):
    """Supervised contrastive loss (Khosla et al. 2020, L_out) with each item's `k` most similar negatives; all without
    `k`."""

    def __init__(self, temperature: float, k: int | None) -> None:
        super().__init__()
        self.k, self.loss = k, SupConLoss(temperature)

    def forward(self, embeddings: torch.Tensor, vendors: torch.Tensor) -> torch.Tensor:
        loss: torch.Tensor = self.loss(embeddings, vendors, hardest_negatives(embeddings, vendors, self.k))
        return loss


class ReleasedLoss(nn.Module):
    """A loss of the authors' code: temperature, and `k` in-batch negatives of an item."""

    def __init__(self, temperature: float, k: int) -> None:
        super().__init__()
        self.temperature, self.k = temperature, k

    def comparisons(
        self, embeddings: torch.Tensor, vendors: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Cosines over the temperature, whether they are of one vendor, and of an item with itself: each (n, n)."""
        unit = functional.normalize(embeddings, dim=-1)
        itself = torch.eye(len(vendors), dtype=torch.bool, device=vendors.device)
        return unit @ unit.T / self.temperature, vendors[:, None] == vendors[None, :], itself


class ReleasedSupCon(ReleasedLoss):
    """What the authors' code computes for texts and for pairs under the name of SupCon.

    With s the cosines over the temperature, m_i row i's largest, and e_ij = exp(s_ij - m_i): P_i = sum of e_ij over
    positives; A_i = sum of e_ij over all items, where positives and the item itself have their cosine set to 0 instead
    of being left out; H_i = the k largest terms of A_i, which are the most similar negatives as long as these have
    cosines above 0. The loss is the mean over rows i and the terms h of H_i of -log(P_i / (P_i + H_i + A_i - h)); k is
    at most the smallest number of negatives of a row. A row without a positive contributes a constant and no gradient;
    in shuffled batches of 32 that is nearly every row.
    """

    EPSILON = 1e-8  # added in the quotient and in the logarithm

    def forward(self, embeddings: torch.Tensor, vendors: torch.Tensor) -> torch.Tensor:
        scores, same, itself = self.comparisons(embeddings, vendors)
        highest = scores.amax(1, keepdim=True)
        negatives = scores * ~same
        k = min(self.k, int((~same).sum(1).min()))
        hard = (negatives.topk(k).values - highest).exp()
        positive = ((scores - highest).exp() * (same & ~itself)).sum(1, keepdim=True)
        rest = (negatives - highest).exp().sum(1, keepdim=True)
        denominator = positive + hard.sum(1, keepdim=True) + rest - hard
        return -(positive / (denominator + self.EPSILON) + self.EPSILON).log().mean() if k else embeddings.sum() * 0


class ReleasedImageSupCon(ReleasedLoss):
    """What the authors' code computes for images under the name of SupCon.

    The `k` in-batch negatives are drawn at random (the item itself may be among them) and then added to the mask of the
    *positives*: the loss is the mean over rows i of the mean of -log softmax_j(s_ij), j over the positives and the
    drawn negatives, the softmax over all other items. Negatives are thus pulled towards their anchor as positives are.
    In a shuffled batch, where most rows have no positive, there is little else.
    """

    def forward(self, embeddings: torch.Tensor, vendors: torch.Tensor) -> torch.Tensor:
        scores, same, itself = self.comparisons(embeddings, vendors)
        pulled = same & ~itself
        drawn = torch.rand(scores.shape, device=scores.device).masked_fill(pulled, -1).topk(min(self.k, len(vendors)))
        pulled = pulled | torch.zeros_like(pulled).scatter_(1, drawn.indices, drawn.values >= 0)
        log_share = scores - scores.masked_fill(itself, -torch.inf).logsumexp(1, keepdim=True)
        return -((pulled * log_share).sum(1) / pulled.sum(1)).mean()


LOSSES: dict[str, Callable[[Training], nn.Module]] = {
    "triplet": lambda settings: Triplet(settings.margin, settings.negatives),
    "supcon": lambda settings: SupCon(settings.temperature, settings.negatives),
}
"""The contrastive losses by name, as a specialist would fill in what the paper's text leaves open."""
RELEASED_LOSSES: dict[str, Callable[[Training], nn.Module]] = {
    "triplet": lambda settings: Triplet(RELEASED_MARGIN, settings.negatives, over_all=True),
    "supcon": lambda settings: ReleasedSupCon(settings.temperature, settings.negatives or 5),
    "supcon, image": lambda settings: ReleasedImageSupCon(settings.temperature, settings.negatives or 5),
}
"""The same as the authors' code computes them; with a modality where its scripts differ."""


class Objective(nn.Module):
    """The weighted sum of an objective's losses.

    `classifies`: it trains class scores, so that vendors can be identified. `contrasts`: it compares items of the same
    vendor, so that batches need several of them. `validated`: the parts that make up the validation loss, None for all.
    """

    def __init__(
        self,
        name: str,
        settings: Training | None = None,
        variant: str = "corrected",
        modality: str = "text",
        aligned: bool = False,
    ) -> None:
        """settings: temperature, margin, negatives and weight of the contrastive part (Training's defaults if not
        given). modality: `text`, `image` or `multimodal`, and aligned: whether training begins with an alignment; on
        both the released variant depends. Raises DataError for an objective that isn't in OBJECTIVES."""
        super().__init__()
        if name not in OBJECTIVES:
            raise DataError(
                f"There is no objective called {name!r}. Known are {', '.join(OBJECTIVES)}; a new one is a "
                "line in lib/runs/losses.py."
            )
        settings = settings or Training()
        self.weights = {
            part: weight * (1.0 if part == "ce" else settings.contrast_weight)
            for part, weight in OBJECTIVES[name].items()
        }
        self.classifies = "ce" in self.weights
        self.contrasts = bool(set(self.weights) - {"ce"})
        # The authors' fusions (e2e_fusion) stop early by cross-entropy alone; their fine-tuning by the whole loss.
        end_to_end = modality == "multimodal" and not aligned
        self.validated = {"ce"} if variant == "released" and end_to_end and self.classifies else None
        losses = {"ce": lambda _: nn.CrossEntropyLoss(), **LOSSES}
        if variant == "released":
            losses |= RELEASED_LOSSES
        self.losses = nn.ModuleDict(
            {part: losses.get(f"{part}, {modality}", losses[part])(settings) for part in self.weights}
        )

    def forward(
        self,
        embeddings: torch.Tensor,
        scores: torch.Tensor | None,
        vendors: torch.Tensor,
        parts: Collection[str] | None = None,
    ) -> torch.Tensor:
        """embeddings (n, d) of any length, scores (n, classes) or None, vendors (n,) class numbers -> the loss, or its
        `parts`."""
        terms = []
        for part, weight in self.weights.items():
            if parts is None or part in parts:
                predicted = scores if part == "ce" else embeddings
                assert predicted is not None, "cross-entropy needs a class head"
                terms.append(weight * self.losses[part](predicted.float(), vendors))
        loss: torch.Tensor = sum(terms[1:], start=terms[0])
        return loss

    def of(self, system: System, batch: Batch, part: str) -> torch.Tensor:
        """The loss of a system on a batch of a part, `train` or `val`; early stopping watches the latter."""
        embeddings = system(batch)
        parts = self.validated if part == "val" else None
        loss: torch.Tensor = self(embeddings, system.scores(embeddings), batch["class"], parts)
        return loss
