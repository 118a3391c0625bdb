"""The Q-Former of BLIP-2 (Li et al. 2023) and the text generator behind it.

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
"""What a token to be written is replaced by where it doesn't count (PyTorch's cross-entropy leaves it out)."""


class QFormer(nn.Module):
    """Learnt queries that read a picture's tokens.

    dimensions: of queries and tokens. causal: a query attends to those before it alone, as in the authors' code (their
    BERT is a decoder). reads_text: it has the layers for a text beside the queries. Raises DataError when the dimensions
    can't be divided among the heads.
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
        """A picture's tokens (n, p, d), and the vector (n, d) of a text that the queries are to see -> (n, queries, d)."""
        asked = self.queries.expand(len(tokens), -1, -1)
        count, mask = asked.shape[1], None
        if text is not None:
            asked = torch.cat([asked, text[:, None]], dim=1)
        if self.causal:
            lowest = torch.finfo(asked.dtype).min
            mask = torch.full((count, count), lowest, dtype=asked.dtype, device=asked.device).triu(1)[None, None]
        found = self.model(asked, query_length=count, attention_mask=mask, encoder_hidden_states=tokens)
        return found.last_hidden_state[:, :count]


class Generator(nn.Module):
    """A T5 that writes a text from what it is shown: vectors of `dimensions` numbers."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        super().__init__()
        self.model, self.tokenizer = model, tokenizer
        self.dimensions: int = model.config.d_model

    def forward(
        self, shown: torch.Tensor, written: torch.Tensor, given: dict[str, torch.Tensor] | None = None
    ) -> torch.Tensor:
        """Cross-entropy of the tokens `written` (n, t; IGNORED ones don't count), after what is shown (n, q, dimensions) and,
        where a part of the text is `given` (its `tokens` and `mask`, (n, s)), after that too."""
        mask = torch.ones(shown.shape[:2], dtype=torch.long, device=shown.device)
        if given is not None:
            read = self.model.encoder(input_ids=given["tokens"], attention_mask=given["mask"]).last_hidden_state
            shown, mask = torch.cat([read, shown], dim=1), torch.cat([given["mask"], mask], dim=1)
        outputs = BaseModelOutput(last_hidden_state=shown)
        return self.model(encoder_outputs=outputs, attention_mask=mask, labels=written).loss
