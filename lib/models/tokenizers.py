"""Tokenizers: loaded and checked against their model, or trained on texts.

A wrong tokenizer gives every word another word's vector, and no check of the weights finds that.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lib.core.errors import DataError
from lib.models.weights import error_summary

PADDING = 128
"""Rows that an embedding matrix may have beyond its tokens: T5, for one, has 32,100 tokens in 32,128 rows."""
SENTENCE = "The new house on the hill has a large garden and a good view of the water."
SPECIAL = {
    "pad_token_id": ("pad",),
    "bos_token_id": ("bos", "cls"),
    "eos_token_id": ("eos", "sep"),
    "cls_token_id": ("cls",),
    "sep_token_id": ("sep",),
}
"""A config's special tokens, and a tokenizer's names of them."""


def load(folder: Path, rows: int, config: Mapping[str, Any]) -> Any:
    """The tokenizer of `folder`.

    rows: of the model's embedding matrix; config: the fields of its config.json (special tokens' ids are compared).
    Raises DataError when its files are missing or can't be read, and when it doesn't fit (`check`).
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except Exception as error:  # each kind of broken file ends in another one
        raise DataError(
            f"{folder}: no tokenizer can be read from here ({error_summary(error)}), so none fits the embedding matrix "
            f"of {rows} rows. Put the files there that the model was trained with (tokenizer.json, "
            "tokenizer_config.json)."
        ) from error
    names = dict(type(tokenizer).vocab_files_names)
    whole = names.pop("tokenizer_file", "tokenizer.json")
    # Without them transformers makes a tokenizer of five tokens, without a warning.
    if not (folder / whole).is_file() and not (names and all((folder / name).is_file() for name in names.values())):
        raise DataError(
            f"{folder}: there is no tokenizer: neither {whole} nor "
            f"{' and '.join(sorted(names.values())) or 'a vocabulary'}; without one the tokenizer has {len(tokenizer)} "
            f"tokens and doesn't fit the embedding matrix of {rows} rows. Put the files there that the model was "
            "trained with."
        )
    check(folder, tokenizer, rows, config)
    return tokenizer


def check(where: object, tokenizer: Any, rows: int, config: Mapping[str, Any]) -> None:
    """Raises DataError when a tokenizer doesn't fit its model.

    It must have as many tokens as the embedding matrix has rows, or a few less (PADDING), the special tokens of the
    model's `config`, and tokens for most of a plain English SENTENCE, in capitals or not.
    """
    size, reasons = max([len(tokenizer) - 1, *tokenizer.get_vocab().values()]) + 1, []
    if not rows - PADDING <= size <= rows:
        reasons.append("there must be as many, or a few rows more for padding")
    if tokenizer.pad_token_id is None:
        reasons.append("it has no token to pad with")
    for field, names in SPECIAL.items():
        expected = config.get(field)
        ids = [number for name in names if (number := getattr(tokenizer, f"{name}_token_id", None)) is not None]
        if isinstance(expected, int) and ids and expected not in ids:
            reasons.append(f"{field} is {expected} in the model's config.json and {ids[0]} here")
    try:
        if max(_unknown(tokenizer, text) for text in (SENTENCE, SENTENCE.upper())) > 0.5:
            reasons.append("plain English words are unknown to it")
    except Exception as error:  # a vocabulary without its own unknown token, a setting of another type
        reasons.append(f"it can't split a sentence ({error_summary(error)})")
    if reasons:
        raise DataError(
            f"{where}: the tokenizer doesn't fit the embedding matrix: it has {size} tokens, the matrix has {rows} "
            f"rows; {'; '.join(reasons)}. Put the tokenizer there that the model was trained with."
        )


def _unknown(tokenizer: Any, text: str) -> float:
    """The share of a text's tokens that are unknown; 1 where there are none."""
    tokens = tokenizer([text], truncation=True, max_length=128, add_special_tokens=False)["input_ids"][0]
    return sum(token == tokenizer.unk_token_id for token in tokens) / len(tokens) if tokens else 1.0


def train(like: Any, texts: Sequence[str], vocabulary: int) -> Any:
    """A tokenizer that splits texts as the BERT tokenizer `like` does, with word pieces learnt from `texts`.

    It has at most `vocabulary` tokens, and is the same on every run and any number of threads. The library's trainer alone isn't: it
    numbers characters inside words (`##a`) in the order of a hash map with a random seed, and of equally frequent pairs
    takes the one with the lower numbers. So all characters are given to it beforehand, in order, as special tokens.
    """
    from tokenizers import Tokenizer, models, trainers

    splits = like.backend_tokenizer
    blank = Tokenizer(models.WordPiece(unk_token=like.unk_token))
    blank.normalizer, blank.pre_tokenizer = splits.normalizer, splits.pre_tokenizer
    words = {
        word for text in texts for word, _ in blank.pre_tokenizer.pre_tokenize_str(blank.normalizer.normalize_str(text))
    }
    first = sorted({word[0] for word in words})
    later = sorted({f"##{character}" for word in words for character in word[1:]})
    special = [like.pad_token, like.unk_token, like.cls_token, like.sep_token, like.mask_token]
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocabulary, special_tokens=[*special, *first, *later], show_progress=False
    )
    blank.train_from_iterator(texts, trainer)
    pieces = dict(sorted(blank.get_vocab().items(), key=lambda item: item[1]))
    return type(like)(vocab=pieces, **{name: like.init_kwargs[name] for name in _SPLITTING if name in like.init_kwargs})


_SPLITTING = ("do_lower_case", "tokenize_chinese_chars", "strip_accents", "model_max_length")
"""A BERT tokenizer's settings of how it splits texts."""
