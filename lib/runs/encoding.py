"""Vectors of texts and pictures from a system's encoders, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from lib.models.acceleration import PrecisionSetting, device, precision
from lib.models.encoders import TextEncoder
from lib.models.system import System
from lib.runs import batches


@torch.inference_mode()
def texts(system: Any, tokens: Sequence[Sequence[int]], asked: PrecisionSetting = "auto") -> torch.Tensor:
    """(n, d) float32, on the CPU: the text encoder's vectors of tokenised texts, in batches of like length. system: a
    `lib.models.system.System`, or what encodes as one does."""
    system.to(device())
    parts, order = [], _by_length(tokens)
    for rows in order:
        batch = batches.padded([tokens[row] for row in rows], system.tokenizer.pad_token_id)
        with _autocast(asked):
            parts.append(system.encode_text(*(batch[name].to(device()) for name in ("tokens", "mask"))).float().cpu())
    return torch.cat(parts)[np.argsort(np.concatenate(order), kind="stable")]


def pictures(system: Any, found: np.ndarray, asked: PrecisionSetting = "auto") -> torch.Tensor:
    """(n, …) float32, on the CPU: the image encoder's vectors of pictures (n, h, w, 3) uint8. system: as for `texts`."""
    return blocks(system.to(device()).encode_image, found, asked)


@torch.inference_mode()
def blocks(
    encode: Callable[[torch.Tensor], torch.Tensor], found: np.ndarray, asked: PrecisionSetting = "auto"
) -> torch.Tensor:
    """What `encode` gives of the rows of an array, as float32 on the CPU."""
    parts = []
    for start in range(0, len(found), 128):
        block = torch.from_numpy(np.array(found[start : start + 128])).to(device())
        with _autocast(asked):
            parts.append(encode(block).float().cpu())
    return torch.cat(parts)


@torch.inference_mode()
def states(encoder: TextEncoder, tokens: Sequence[Sequence[int]], asked: PrecisionSetting = "auto") -> list[np.ndarray]:
    """A text encoder's states of every token of each text: n times (t, d) float16."""
    encoder.to(device()).eval()
    found: list[np.ndarray] = [np.empty(0, np.float16)] * len(tokens)
    for rows in _by_length(tokens):
        batch = batches.padded([tokens[row] for row in rows], encoder.tokenizer.pad_token_id)
        with _autocast(asked):
            made = encoder.states(*(batch[name].to(device()) for name in ("tokens", "mask"))).half().cpu().numpy()
        for row, states_of_one in zip(rows, made, strict=True):
            found[row] = states_of_one[: len(tokens[row])].copy()
    return found


@torch.inference_mode()
def pairs(
    system: System,
    tokens: Sequence[Sequence[int]],
    found: np.ndarray,
    text: np.ndarray,
    image: np.ndarray,
    asked: PrecisionSetting = "auto",
) -> torch.Tensor:
    """(n, d) float32, on the CPU: a single-stream encoder's vectors of the pairs (text[i], image[i]), rows of `tokens` and
    of `found`."""
    system.to(device())
    parts, order = [], _by_length([tokens[row] for row in text])
    for rows in order:
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
    return torch.cat(parts)[np.argsort(np.concatenate(order), kind="stable")]


def _by_length(tokens: Sequence[Sequence[int]]) -> list[np.ndarray]:
    """Batches of texts of like length, as row numbers."""
    order = np.argsort([len(text) for text in tokens], kind="stable")
    return np.array_split(order, max(1, len(order) // 64))


def _autocast(asked: PrecisionSetting) -> torch.autocast:
    return torch.autocast(device().type, torch.bfloat16, enabled=precision(asked) == "bf16-mixed")
