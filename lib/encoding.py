"""Vectors of texts and pictures from a system's encoders, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from lib import batches
from lib.systems import System, device, precision


@torch.inference_mode()
def texts(system: System, tokens: Sequence[Sequence[int]], asked: str = "auto") -> torch.Tensor:
    """(n, d) float32, on the CPU: the text encoder's vectors of tokenised texts, in batches of like length."""
    system.to(device())
    order = np.argsort([len(text) for text in tokens], kind="stable")
    parts = []
    for rows in np.array_split(order, max(1, len(order) // 64)):
        batch = batches.padded([tokens[row] for row in rows], system.tokenizer.pad_token_id)
        with _autocast(asked):
            parts.append(system.encode_text(*(batch[name].to(device()) for name in ("tokens", "mask"))).float().cpu())
    return torch.cat(parts)[np.argsort(order, kind="stable")]


@torch.inference_mode()
def pictures(system: System, found: np.ndarray, asked: str = "auto") -> torch.Tensor:
    """(n, d) float32, on the CPU: the image encoder's vectors of pictures (n, h, w, 3) uint8."""
    system.to(device())
    parts = []
    for start in range(0, len(found), 128):
        block = torch.from_numpy(np.array(found[start : start + 128])).to(device())
        with _autocast(asked):
            parts.append(system.encode_image(block).float().cpu())
    return torch.cat(parts)


@torch.inference_mode()
def pairs(
    system: System,
    tokens: Sequence[Sequence[int]],
    found: np.ndarray,
    text: np.ndarray,
    image: np.ndarray,
    asked: str = "auto",
) -> torch.Tensor:
    """(n, d) float32, on the CPU: a single-stream encoder's vectors of the pairs (text[i], image[i]), rows of `tokens` and
    of `found`."""
    system.to(device())
    order = np.argsort([len(tokens[row]) for row in text], kind="stable")
    parts = []
    for rows in np.array_split(order, max(1, len(order) // 64)):
        texts_here, text_place = np.unique(text[rows], return_inverse=True)
        images_here, image_place = np.unique(image[rows], return_inverse=True)
        batch = batches.padded([tokens[row] for row in texts_here], system.tokenizer.pad_token_id)
        batch |= {
            "pictures": torch.from_numpy(np.asarray(found[images_here])),
            "text": torch.from_numpy(text_place),
            "image": torch.from_numpy(image_place),
        }
        with _autocast(asked):
            parts.append(system({name: value.to(device()) for name, value in batch.items()}).float().cpu())
    return torch.cat(parts)[np.argsort(order, kind="stable")]


def _autocast(asked: str) -> torch.autocast:
    return torch.autocast(device().type, torch.bfloat16, enabled=precision(asked) == "bf16-mixed")
