"""Losses of text-image alignment (MATCHED section 4 iii D and A.4): contrast (ITC) and matching (ITM).

A picture has one or more unit vectors (its Q-Former's queries, or a single vector), a text has one; their similarity is
the largest inner product. Three variants:

* `described`, the paper's text: a pair has five texts and five pictures of other ads, from another region than its own,
  as negatives (`itc_of_drawn`); matching scores one of each. A.4 says "outside the training dataset", but alignment is
  trained on all regions, so that a region other than the pair's is as near as can be come;
* `corrected`, the textbook's: the negatives of a pair are all other pictures and texts of the batch, from any region
  (`nt_xent` in both directions), and matching also scores the pairs that the contrast confuses (`hard_negatives`);
* `released`, what the authors' code computes (architectures/CLIPLayer, CLIPITMLayer and BLIP2Layer of
  maastrichtlawtech/MATCHED): the negatives of `described`, but in `released_itc` one term multiplies sums of vectors,
  and in `released_matching` negatives bypass the Q-Former that positives go through.

A new method is a line in METHODS.
"""

from __future__ import annotations

import torch
from torch.nn import functional

METHODS: dict[str, tuple[str, ...]] = {
    "itc": ("itc",),
    "itc+itm": ("itc", "itm"),
    "blip2": ("itc", "itm", "generation"),
    "blip2-cond": ("itc", "itm", "generation"),
}
"""The losses of each method. `blip2-cond` gives its generator the title and trains it to write the rest."""


def similarity(text: torch.Tensor, image: torch.Tensor) -> torch.Tensor:
    """Unit vectors of texts (u, d) and pictures (v, q, d) -> (u, v), the largest inner product over q."""
    return torch.einsum("ud,vqd->uvq", text, image).amax(-1)


def nt_xent(scores: torch.Tensor, positive: torch.Tensor) -> torch.Tensor:
    """Normalised-temperature cross-entropy of rows against columns (Chen et al. 2020, eq. 1).

    scores (u, v): similarities over the temperature; positive (u, v) bool, one or more in a row. The mean, over
    positive (i, j), of -log(e^s_ij / (e^s_ij + sum of e^s_ik over the k that are no positives of i)).
    """
    lowest = torch.finfo(scores.dtype).min  # not -inf: a row of positives alone would have no gradient
    others = scores.masked_fill(positive, lowest).logsumexp(1, keepdim=True)
    return (torch.logaddexp(scores, others) - scores)[positive].mean()


def itc(scores: torch.Tensor, positive: torch.Tensor) -> torch.Tensor:
    """Image-text contrast: the mean of `nt_xent` from texts to pictures and back (Radford et al. 2021)."""
    return (nt_xent(scores, positive) + nt_xent(scores.T, positive.T)) / 2


def itc_of_drawn(own: torch.Tensor, to_images: torch.Tensor, to_texts: torch.Tensor) -> torch.Tensor:
    """Image-text contrast with drawn negatives: the mean of NT-Xent from text to pictures and from picture to texts.

    own (n,): each pair's similarity over the temperature; to_images (n, k): its text's to the drawn pictures; to_texts
    (n, k): its picture's to the drawn texts.
    """
    of_text, of_image = (torch.cat([own[:, None], others], 1).logsumexp(1) - own for others in (to_images, to_texts))
    return (of_text + of_image).mean() / 2


def hard_negatives(scores: torch.Tensor, positive: torch.Tensor) -> torch.Tensor:
    """A negative for each row that has one, drawn in proportion to e^score (Li et al. 2021): rows and columns, (2, n).

    Draws from torch's global generator.
    """
    rows = torch.where(~positive.all(1))[0]
    shares = scores.detach().float().masked_fill(positive, -torch.inf)[rows].softmax(1)
    drawn = torch.multinomial(shares, 1)[:, 0] if len(rows) else rows
    return torch.stack([rows, drawn])


def released_itc(
    text: torch.Tensor, image: torch.Tensor, texts: torch.Tensor, images: torch.Tensor, temperature: float
) -> torch.Tensor:
    """The authors' ITC of unit vectors: text, image (n, d) of the pairs, texts, images (n, k, d) of their negatives.

    With s_i = text_i . image_i / T: the mean over pairs of -log(e^s_i / (e^s_i + sum_j e^(texts_ij . image_i / T))) and
    sum_j -log(e^s_i / (e^s_i + e^c_ij)). Their einsum sums both vectors of the second term before it multiplies:
    c_ij = (sum of text_i) (sum of images_ij) / T, which doesn't measure their similarity.
    """
    own = (text * image).sum(-1) / temperature
    from_texts = torch.einsum("nkd,nd->nk", texts, image) / temperature
    from_images = text.sum(-1)[:, None] * images.sum(-1) / temperature
    first = torch.cat([own[:, None], from_texts], 1).logsumexp(1) - own
    return (first + functional.softplus(from_images - own[:, None]).sum(1)).mean()


def released_matching(
    text: torch.Tensor, queries: torch.Tensor, images: torch.Tensor, temperature: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """The authors' ITC and ITM losses with a Q-Former, of unit vectors.

    text (n, d) and queries (n, q, d) of the pairs; images (n, k, d): of their negatives the mean of the image encoder's
    tokens, which bypass the Q-Former. A pair scores max_q text . query / T, a negative text . image / T. ITC is
    cross-entropy of the pair among its negatives, ITM binary cross-entropy of the same scores, averaged over all pairs
    and negatives.
    """
    own = torch.einsum("nd,nqd->nq", text, queries).amax(1, keepdim=True) / temperature
    scores = torch.cat([own, torch.einsum("nd,nkd->nk", text, images) / temperature], 1)
    truth = torch.zeros_like(scores)
    truth[:, 0] = 1
    contrast = functional.cross_entropy(scores, torch.zeros(len(scores), dtype=torch.long, device=scores.device))
    return contrast, functional.binary_cross_entropy_with_logits(scores, truth)
