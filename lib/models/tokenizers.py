"""Tokenizers: one that fits its model, and one whose tokens are learnt from texts.

A tokenizer that doesn't fit gives every word another word's vector, and the weights' hash is right all the same.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lib.core.errors import DataError
from lib.models.weights import said

PADDING = 128
"""Rows that an embedding matrix may have beyond its tokens: it is padded to a round size (T5 has 32,100 tokens in 32,128 rows)."""
SENTENCE = "The new house on the hill has a large garden and a good view of the water."
SPECIAL = {
    "pad_token_id": ("pad",),
    "bos_token_id": ("bos", "cls"),
    "eos_token_id": ("eos", "sep"),
    "cls_token_id": ("cls",),
    "sep_token_id": ("sep",),
}
"""A config's special tokens, and what a tokenizer calls them."""


def read(folder: Path, rows: int, config: Mapping[str, Any]) -> Any:
    """The tokenizer of `folder`. rows: of the model's embedding matrix; config: the fields of its config.json, of which the
    special tokens' ids count.

    Raises DataError when its files aren't there or can't be read, and when it doesn't fit (`check`).
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except Exception as error:  # each kind of broken file ends in another one
        raise DataError(
            f"{folder}: no tokenizer can be read from here ({said(error)}), so none fits the embedding matrix of {rows} rows. "
            "Put the files there that the model was trained with (tokenizer.json, tokenizer_config.json)."
        ) from error
    names = dict(type(tokenizer).vocab_files_names)
    whole = names.pop("tokenizer_file", "tokenizer.json")
    # Without them transformers makes a tokenizer of five tokens and says nothing.
    if not (folder / whole).is_file() and not (names and all((folder / name).is_file() for name in names.values())):
        raise DataError(
            f"{folder}: there is no tokenizer: neither {whole} nor {' and '.join(sorted(names.values())) or 'a vocabulary'}; without "
            f"one the tokenizer has {len(tokenizer)} tokens and doesn't fit the embedding matrix of {rows} rows. Put the files "
            "there that the model was trained with."
        )
    check(folder, tokenizer, rows, config)
    return tokenizer


def check(where: object, tokenizer: Any, rows: int, config: Mapping[str, Any]) -> None:
    """Raises DataError when the tokenizer has more tokens than the embedding matrix rows, or far fewer, when special tokens aren't
    those of the model's `config`, and when plain English is mostly unknown to it, in capitals or not."""
    size, reasons = max([len(tokenizer) - 1, *tokenizer.get_vocab().values()]) + 1, []
    if not rows - PADDING <= size <= rows:
        reasons.append("there must be as many, or a few rows more for padding")
    if tokenizer.pad_token_id is None:
        reasons.append("it has no token to pad with")
    for field, names in SPECIAL.items():
        asked = config.get(field)
        own = [getattr(tokenizer, f"{name}_token_id", None) for name in names]
        if isinstance(asked, int) and asked not in own and any(number is not None for number in own):
            given = next(number for number in own if number is not None)
            reasons.append(f"{field} is {asked} in the model's config.json and {given} here")
    try:
        if max(_unknown(tokenizer, text) for text in (SENTENCE, SENTENCE.upper())) > 0.5:
            reasons.append("plain English words are unknown to it")
    except Exception as error:  # a vocabulary without its own unknown token, a setting of another type
        reasons.append(f"it can't split a sentence ({said(error)})")
    if reasons:
        raise DataError(
            f"{where}: the tokenizer doesn't fit the embedding matrix: it has {size} tokens, the matrix has {rows} rows; "
            f"{'; '.join(reasons)}. Put the tokenizer there that the model was trained with."
        )


def _unknown(tokenizer: Any, text: str) -> float:
    """The share of a text's tokens that are unknown; 1 where there are none."""
    found = tokenizer([text], truncation=True, max_length=128, add_special_tokens=False)["input_ids"][0]
    return sum(token == tokenizer.unk_token_id for token in found) / len(found) if found else 1.0


def learnt(like: Any, texts: Sequence[str], vocabulary: int) -> Any:
    """A tokenizer that splits texts as the BERT tokenizer `like` does, into at most `vocabulary` word pieces learnt from `texts`; the
    same for the same texts on every run and any number of threads.

    The library's trainer numbers single characters that go on with a word (`##a`) in the order of a hash map with a random
    seed, and among pairs that are equally frequent takes the one of lower numbers. So it is given all characters, in order and
    as if they were special tokens, before it counts.
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
    return type(like)(vocab=pieces, **{name: like.init_kwargs[name] for name in _HOW if name in like.init_kwargs})


_HOW = ("do_lower_case", "tokenize_chinese_chars", "strip_accents", "model_max_length")
"""Of a BERT tokenizer, how it splits texts."""
