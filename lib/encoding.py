"""Vectors of texts and pictures from a system's encoders, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from lib import batches
from lib.systems import System, device


@torch.inference_mode()
def texts(system: System, tokens: Sequence[Sequence[int]], bf16: bool = True) -> torch.Tensor:
    """(n, d) float32, on the CPU: the text encoder's vectors of tokenised texts, in batches of like length."""
    system.to(device())
    order = np.argsort([len(text) for text in tokens], kind="stable")
    parts = []
    for rows in np.array_split(order, max(1, len(order) // 64)):
        batch = batches.padded([tokens[row] for row in rows], system.text.tokenizer.pad_token_id)
        with _precision(bf16):
            parts.append(system.encode_text(*(batch[name].to(device()) for name in ("tokens", "mask"))).float().cpu())
    return torch.cat(parts)[np.argsort(order, kind="stable")]


@torch.inference_mode()
def pictures(system: System, found: np.ndarray, bf16: bool = True) -> torch.Tensor:
    """(n, d) float32, on the CPU: the image encoder's vectors of pictures (n, h, w, 3) uint8."""
    system.to(device())
    parts = []
    for start in range(0, len(found), 128):
        block = torch.from_numpy(np.array(found[start : start + 128])).to(device())
        with _precision(bf16):
            parts.append(system.encode_image(block).float().cpu())
    return torch.cat(parts)


def _precision(bf16: bool) -> torch.autocast:
    return torch.autocast(device().type, torch.bfloat16, enabled=bf16)
