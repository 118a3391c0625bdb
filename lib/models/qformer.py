"""The Q-Former of BLIP-2 (Li et al. 2023) and its text generator.

The transformers are transformers' own: Blip2QFormerModel and T5ForConditionalGeneration.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from transformers import Blip2QFormerConfig, Blip2QFormerModel
from transformers.modeling_outputs import BaseModelOutput

from lib.core.errors import DataError

IGNORED = -100
"""Stands for target tokens that don't count (PyTorch's cross-entropy leaves it out)."""


class QFormer(nn.Module):
    """Learnt queries that attend to a picture's tokens.

    dimensions: of queries and tokens. causal: a query attends only to earlier ones, as in the authors' code (their BERT
    is a decoder). reads_text: has layers for a text next to the queries. Raises DataError when the dimensions are no
    multiple of the heads.
    """

    def __init__(
        self,
        dimensions: int,
        queries: int = 32,
        layers: int = 12,
        heads: int = 12,
        causal: bool = False,
        reads_text: bool = False,
    ) -> None:
        super().__init__()
        if dimensions % heads:
            raise DataError(
                f"A Q-Former of {dimensions} dimensions can't have {heads} heads: the first must be a multiple of the "
                "second. Change alignment.heads, or alignment.dimensions, in the parameter file."
            )
        self.dimensions, self.causal = dimensions, causal
        self.queries = nn.Parameter(torch.randn(1, queries, dimensions) * (1 if causal else 0.02))
        self.model = Blip2QFormerModel(
            Blip2QFormerConfig(
                hidden_size=dimensions,
                encoder_hidden_size=dimensions,
                intermediate_size=4 * dimensions,
                num_hidden_layers=layers,
                num_attention_heads=heads,
                cross_attention_frequency=1,
                use_qformer_text_input=reads_text,
            )
        )

    def forward(self, tokens: torch.Tensor, text: torch.Tensor | None = None) -> torch.Tensor:
        """A picture's tokens (n, p, d), and the vector (n, d) of a text for the queries to see -> (n, queries, d)."""
        inputs = self.queries.expand(len(tokens), -1, -1)
        count, mask = inputs.shape[1], None
        if text is not None:
            inputs = torch.cat([inputs, text[:, None]], dim=1)
        if self.causal:
            lowest = torch.finfo(inputs.dtype).min
            mask = torch.full((count, count), lowest, dtype=inputs.dtype, device=inputs.device).triu(1)[None, None]
        outputs = self.model(inputs, query_length=count, attention_mask=mask, encoder_hidden_states=tokens)
        queries: torch.Tensor = outputs.last_hidden_state[:, :count]
        return queries


class Generator(nn.Module):
    """A T5 whose decoder writes a text from vectors (n, q, dimensions)."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        super().__init__()
        self.model, self.tokenizer = model, tokenizer
        self.dimensions: int = model.config.d_model

    def forward(
        self, vectors: torch.Tensor, target: torch.Tensor, prompt: dict[str, torch.Tensor] | None = None
    ) -> torch.Tensor:
        """Cross-entropy of the tokens `target` (n, t), where IGNORED ones don't count.

        vectors (n, q, dimensions): what they are written from. prompt: `tokens` and `mask`, (n, s), of a text that the
        decoder attends to as well.
        """
        mask = torch.ones(vectors.shape[:2], dtype=torch.long, device=vectors.device)
        if prompt is not None:
            states = self.model.encoder(input_ids=prompt["tokens"], attention_mask=prompt["mask"]).last_hidden_state
            vectors, mask = torch.cat([states, vectors], dim=1), torch.cat([prompt["mask"], mask], dim=1)
        outputs = BaseModelOutput(last_hidden_state=vectors)
        loss: torch.Tensor = self.model(encoder_outputs=outputs, attention_mask=mask, labels=target).loss
        return loss
