"""Alignment losses against plain loops, batches, and what aligners learn from tiny planted data."""

import math
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pytorch_metric_learning.losses import NTXentLoss
from torch import nn
from torch.nn.functional import normalize

from lib.core.errors import DataError
from lib.evaluation import text_to_image
from lib.models import alignment_losses
from lib.models.aligner import Aligner
from lib.models.qformer import IGNORED, Generator, QFormer
from lib.runs import training
from lib.runs.alignment import total
from lib.runs.batches import PairItems, Writing
from lib.study.config import Training

SOME = settings(deadline=None, max_examples=30)
SEEDS = st.integers(0, 2**31)
WARM = st.sampled_from([0.1, 0.3, 1.0])


def units(seed, *shape):
    chance = torch.Generator().manual_seed(seed)
    return normalize(torch.randn(*shape, generator=chance, dtype=torch.float64), dim=-1)


def dot(one, other):
    return sum(float(a) * float(b) for a, b in zip(one, other, strict=True))


@SOME
@given(SEEDS, st.integers(2, 7), st.integers(2, 7), WARM)
def test_nt_xent_is_its_formula(seed, texts, images, temperature):
    scores = units(seed, texts, 5) @ units(seed + 1, images, 5).T / temperature
    positive = torch.rand(texts, images, generator=torch.Generator().manual_seed(seed)) < 0.4
    positive[0, 0] = True
    terms = []
    for i in range(texts):
        for j in range(images):
            if positive[i, j]:
                others = sum(math.exp(scores[i, k]) for k in range(images) if not positive[i, k])
                terms.append(-math.log(math.exp(scores[i, j]) / (math.exp(scores[i, j]) + others)))
    assert alignment_losses.nt_xent(scores, positive).item() == pytest.approx(sum(terms) / len(terms), abs=1e-9)


def test_a_batch_without_a_negative_costs_nothing_and_moves_nothing():
    scores = torch.tensor([[2.0, 3.0]], requires_grad=True)
    loss = alignment_losses.itc(scores, torch.ones(1, 2, dtype=torch.bool))
    loss.backward()
    assert loss.item() == pytest.approx(0, abs=1e-6) and scores.grad.abs().max() < 1e-6


@SOME
@given(SEEDS, st.integers(3, 8), WARM)
def test_itc_is_the_librarys_nt_xent_both_ways(seed, count, temperature):
    text, image = units(seed, count, 6), units(seed + 1, count, 6)
    labels, loss = torch.arange(count), NTXentLoss(temperature)
    others = labels.clone()  # the library takes the same tensor for a comparison of a set with itself
    ours = alignment_losses.itc(text @ image.T / temperature, torch.eye(count, dtype=torch.bool))
    both = [loss(one, labels, ref_emb=other, ref_labels=others) for one, other in ((text, image), (image, text))]
    assert ours.item() == pytest.approx(sum(both).item() / 2, abs=1e-6)


@SOME
@given(SEEDS, st.integers(1, 5), st.integers(1, 4), WARM)
def test_published_itc_is_what_the_authors_compute(seed, pairs, negatives, temperature):
    text, image = units(seed, pairs, 5), units(seed + 1, pairs, 5)
    texts, images = units(seed + 2, pairs, negatives, 5), units(seed + 3, pairs, negatives, 5)
    whole = 0.0
    for i in range(pairs):
        own = math.exp(dot(text[i], image[i]) / temperature)
        other = sum(math.exp(dot(texts[i, j], image[i]) / temperature) for j in range(negatives))
        whole -= math.log(own / (own + other))
        for j in range(negatives):
            product = math.exp(float(text[i].sum()) * float(images[i, j].sum()) / temperature)
            whole -= math.log(own / (own + product))
    found = alignment_losses.released_itc(text, image, texts, images, temperature)
    assert found.item() == pytest.approx(whole / pairs, rel=1e-6)


def test_published_itc_does_not_see_whether_a_picture_fits():
    """Its picture side rewards small sums: a negative that is the text itself costs nothing more than one across it."""
    text, image, texts = units(1, 1, 4), units(2, 1, 4), units(3, 1, 1, 4)
    alike, across = text[:, None], text[:, None, [1, 2, 3, 0]]  # the same sum, another direction
    losses = [alignment_losses.released_itc(text, image, texts, images, 0.1).item() for images in (alike, across)]
    assert losses[0] == pytest.approx(losses[1])


@SOME
@given(SEEDS, st.integers(1, 5), st.integers(1, 4), st.integers(1, 3), WARM)
def test_published_matching_is_what_the_authors_compute(seed, pairs, negatives, queries, temperature):
    text, asked = units(seed, pairs, 5), units(seed + 1, pairs, queries, 5)
    images = units(seed + 2, pairs, negatives, 5)
    contrast, matching = 0.0, 0.0
    for i in range(pairs):
        own = max(dot(text[i], asked[i, q]) for q in range(queries)) / temperature
        others = [dot(text[i], images[i, j]) / temperature for j in range(negatives)]
        contrast -= own - math.log(sum(map(math.exp, [own, *others])))
        matching += math.log1p(math.exp(-own)) + sum(math.log1p(math.exp(other)) for other in others)
    found = alignment_losses.released_matching(text, asked, images, temperature)
    assert found[0].item() == pytest.approx(contrast / pairs, rel=1e-6)
    assert found[1].item() == pytest.approx(matching / (pairs * (1 + negatives)), rel=1e-6)


@SOME
@given(SEEDS, st.integers(2, 6), st.integers(2, 6))
def test_hard_negatives_are_negatives_one_a_row(seed, texts, images):
    chance = torch.Generator().manual_seed(seed)
    scores = torch.randn(texts, images, generator=chance)
    positive = torch.rand(texts, images, generator=chance) < 0.5
    rows, columns = alignment_losses.hard_negatives(scores, positive)
    assert rows.tolist() == [row for row in range(texts) if not positive[row].all()]
    assert not positive[rows, columns].any()


def test_hard_negatives_are_hard():
    scores = torch.tensor([[0.0, 5.0, -5.0]]).expand(200, 3)
    positive = torch.zeros(200, 3, dtype=torch.bool)
    positive[:, 0] = True
    torch.manual_seed(0)
    assert (alignment_losses.hard_negatives(scores, positive)[1] == 1).float().mean() > 0.95


def test_similarity_is_the_best_query():
    text, image = units(0, 3, 4), units(1, 2, 5, 4)
    for u in range(3):
        for v in range(2):
            best = max(dot(text[u], image[v, q]) for q in range(5))
            assert alignment_losses.similarity(text, image)[u, v].item() == pytest.approx(best)


def test_a_causal_query_sees_only_those_before_it():
    torch.manual_seed(0)
    former, tokens = QFormer(12, queries=4, layers=2, heads=3, causal=True).eval(), torch.randn(1, 3, 12)
    before = former(tokens)
    with torch.no_grad():
        former.queries[0, 3] += torch.randn(12)
    after = former(tokens)
    assert torch.allclose(before[:, :3], after[:, :3], atol=1e-6) and not torch.allclose(before[:, 3], after[:, 3])


def test_a_qformer_whose_dimensions_do_not_fit_says_so():
    with pytest.raises(DataError, match="can't have 5 heads"):
        QFormer(48, heads=5)


# ---------------------------------------------------------------- batches


def pairs(regions=("south", "west"), ads=6, images=2):
    rows = []
    for number in range(len(regions) * ads):
        rows += [
            {"text": number, "image": images * number + shown, "vendor": number // 2, "region": regions[number // ads]}
            for shown in range(images)
        ]
    return pd.DataFrame(rows)


def items(frame, **more):
    tokens = [[1] * (2 + text % 3) for text in range(1 + frame["text"].max())]
    pictures = np.arange(1 + frame["image"].max(), dtype=np.float32)[:, None, None]
    return PairItems(frame, tokens, 0, pictures, **more)


def test_all_that_belongs_together_is_positive():
    found = items(pairs()).batch([0, 2, 3])  # text 0 with one of its pictures, text 1 with both
    assert found["positive"].tolist() == [[True, False, False], [False, True, True]]
    assert found["text"].tolist() == [0, 1, 1] and found["image"].tolist() == [0, 1, 2]
    assert found["pictures"].flatten().tolist() == [0, 2, 3]


def test_a_picture_of_two_ads_is_positive_for_both():
    frame = pd.concat([pairs(), pd.DataFrame([{"text": 1, "image": 0, "vendor": 0, "region": "south"}])])
    found = items(frame.reset_index(drop=True)).batch([0, 2])
    assert found["positive"].tolist() == [[True, False], [True, True]]


def test_published_negatives_are_of_another_region():
    frame = pairs(("south", "west", "midwest"))
    found = items(frame, negatives=5, seed=3)
    drawn = found.batch([0, 20, 35])
    regions = frame.drop_duplicates("image").set_index("image")["region"]
    for place, row in enumerate([0, 20, 35]):
        shown = drawn["pictures"].flatten()[drawn["negative_image"][place]].long().tolist()
        assert len({regions[image] for image in shown}) == 1 and regions[shown[0]] != frame["region"][row]
        assert drawn["negative_text"].shape == (3, 5)
    again = items(frame, negatives=5, seed=3).batch([0, 20, 35])
    assert torch.equal(drawn["negative_image"], again["negative_image"])


def test_one_region_alone_has_no_published_negatives():
    with pytest.raises(DataError, match=r"another region.*only south"):
        items(pairs(("south",)), negatives=5)
    assert "positive" in items(pairs(("south",))).batch([0])


def test_padding_counts_only_as_published():
    written = [[5, 6, 7][: 1 + text % 3] for text in range(12)]
    found = items(pairs(), writing=Writing(written, None, 0)).batch([0, 2])
    assert found["target"].tolist() == [[5, IGNORED], [5, 6]] and "prompt" not in found
    found = items(pairs(), writing=Writing(written, written, 0, length=4)).batch([0, 2])
    assert found["target"].tolist() == [[5, 0, 0, 0], [5, 6, 0, 0]]
    assert found["prompt"].tolist() == [[5, 0], [5, 6]] and found["prompt_mask"].tolist() == [[1, 0], [1, 1]]


# ---------------------------------------------------------------- learning


class Reader(nn.Module):
    """Stands for a text encoder: locked, so that its states come with the batch."""

    tokenizer, dimensions = None, 8

    def pooled(self, states, mask):
        return states[:, 0]


class Viewer(nn.Module):
    width = 8

    def __init__(self):
        super().__init__()
        self.model = nn.Module()


def planted(shuffled, seed=0, ads=160):
    """Ads whose text and pictures are two views of one hidden vector; shuffled: of two that have nothing to do with
    each other."""
    generator = np.random.default_rng(seed)
    views = generator.normal(size=(2, 4, 8))
    hidden = generator.normal(size=(ads, 4))
    shown = generator.permutation(hidden) if shuffled else hidden
    noise = 0.05 * generator.normal(size=(2, ads, 8))
    texts, images = ((hidden @ views[0] + noise[0]), (shown @ views[1] + noise[1]))
    frame = pd.DataFrame(
        {
            "text": range(ads),
            "image": range(ads),
            "vendor": np.arange(ads) // 2,
            "region": np.array(["south", "west"])[np.arange(ads) % 2],
            "part": np.where(np.arange(ads) % 4 < 3, "train", "test"),
        }
    )
    return frame, [text[None].astype(np.float32) for text in texts], images[:, None].astype(np.float32)


@cache
def aligned(method, variant, shuffled, epochs=40):
    """After training: text-to-image R-Precision@X of test ads, the p-values of `by_permutation`, and for a released
    Q-Former the share of pictures of *other* ads that score above the own one, when they go through the Q-Former and it
    goes past."""
    frame, texts, images = planted(shuffled)
    torch.manual_seed(0)
    released, drawn = variant == "released", None if variant == "corrected" else 5
    former = None if method == "itc" else QFormer(12, 3, 1, 3, causal=released, reads_text=not released)
    made = Aligner(Reader(), Viewer(), method, 12, former, locked=("text", "image"), variant=variant)
    train = PairItems(frame[frame["part"] == "train"].reset_index(drop=True), texts, 0, images, drawn)
    chosen = Training(epochs=epochs, patience=None, head_lr=5e-3, batch_size=40)
    loader = torch.utils.data.DataLoader(train, batch_size=40, collate_fn=train.batch)
    with tempfile.TemporaryDirectory() as folder:
        training.fit(made, total, loader, None, chosen, 0, Path(folder), "key")
    made.eval()
    with torch.inference_mode():
        text = normalize(made.encode_text(torch.tensor(np.stack(texts)), torch.ones(len(texts), 1)), dim=-1)
        tokens = made.image_tokens(torch.tensor(images))
        image = normalize(made.image_vectors(tokens), dim=-1)
        past = normalize(tokens.mean(1), dim=-1)
    through, by = alignment_losses.similarity(text, image), (text * past).sum(-1)
    found = text_to_image.scores(frame, lambda u, v: through[u][:, v])
    above = (through > by[:, None])[~torch.eye(len(text), dtype=torch.bool)].float().mean().item()
    return found["R-Precision@X"].mean(), by_permutation(frame, through.numpy()), above


def by_permutation(frame, similar, draws=1999):
    """Had pictures been dealt to the test texts of their region by lot: how often as much would be found (`most`), and
    as little (`least`), by the share of texts that find their own picture first and by the share of wrong pictures that
    the own one scores above. The least p-values of both."""
    rng, lots = np.random.default_rng(0), {"first": [], "above": []}
    for _, here in frame[frame["part"] == "test"].groupby("region"):
        block = similar[np.ix_(here["text"], here["image"])]
        dealt = np.stack([np.arange(len(block)), *(rng.permutation(len(block)) for _ in range(draws))])
        ranks = block.argsort(1).argsort(1)[np.arange(len(block)), dealt]  # of the dealt picture: 0 is the least alike
        lots["first"].append((ranks == len(block) - 1).mean(1))
        lots["above"].append(ranks.mean(1) / (len(block) - 1))
    scores = np.array([np.mean(found, axis=0) for found in lots.values()])  # the pictures as they are come first
    most, least = ((scores >= scores[:, :1]).mean(1), (scores <= scores[:, :1]).mean(1))
    return {"most": most.min(), "least": least.min()}


def stays_at_chance(p):
    return p["most"] > 0.005 and p["least"] > 0.005


@pytest.mark.parametrize("variant", ["corrected", "described"])
@pytest.mark.parametrize("method", ["itc", "itc+itm"])
def test_what_is_planted_is_learnt_and_nothing_where_nothing_is(method, variant):
    _, p, _ = aligned(method, variant, False)
    assert p["most"] == 1 / 2000  # no dealing of the pictures finds as much
    _, p, _ = aligned(method, variant, True)
    assert stays_at_chance(p)


@pytest.mark.parametrize(("planted_part", "found"), [(0.0, False), (0.3, True)])
def test_a_permutation_tells_a_little_from_nothing(planted_part, found):
    frame, _, _ = planted(True)
    similar = np.random.default_rng(2).normal(size=(160, 160)) + 3 * planted_part * np.eye(160)
    assert stays_at_chance(by_permutation(frame, similar)) != found


def test_published_matching_is_met_without_looking():
    """Wrong pictures on the path of positives beat the own one on that of negatives, whether there is anything to learn
    or not; where all is planted it finds less than half of what the corrected loss finds in as many steps."""
    _, p, above = aligned("itc+itm", "released", True)
    assert above > 0.9 and stays_at_chance(p)
    score, _, above = aligned("itc+itm", "released", False)
    assert above > 0.9 and score < aligned("itc+itm", "corrected", False)[0] / 2


# ---------------------------------------------------------------- whole aligners against plain loops


def generator(vocabulary=20):
    from transformers import T5Config, T5ForConditionalGeneration

    sizes = {"d_model": 12, "d_kv": 4, "d_ff": 16, "num_layers": 1, "num_decoder_layers": 1, "num_heads": 3}
    config = T5Config(vocab_size=vocabulary, decoder_start_token_id=0, pad_token_id=0, eos_token_id=1, **sizes)
    return Generator(T5ForConditionalGeneration(config), None)


def whole(method, variant):
    """A tiny aligner that draws no dropout, a batch of seven pairs of two regions, and what both are made of: vectors
    of texts (u, 12), unit vectors of pictures' queries (v, 3, 12), and their tokens (v, 5, 12)."""
    rng = np.random.default_rng(4)
    frame = pairs(ads=3)
    texts = [rng.normal(size=(1, 8)).astype(np.float32) for _ in range(6)]
    images = rng.normal(size=(12, 5, 8)).astype(np.float32)
    released = variant == "released"
    written = [rng.integers(2, 20, 2 + text % 3).tolist() for text in range(6)]
    writing = Writing(written, written[::-1] if method == "blip2-cond" else None, 0, 6 if released else None)
    torch.manual_seed(3)
    former = None if method == "itc" else QFormer(12, 3, 1, 3, causal=released, reads_text=not released)
    writer = generator() if "blip2" in method else None
    made = Aligner(Reader(), Viewer(), method, 12, former, writer, 0.3, ("text", "image"), variant).eval()
    drawn = None if variant == "corrected" else 2
    batch = PairItems(frame, texts, 0, images, drawn, 5, writing).batch([0, 1, 2, 5, 6, 9, 11])
    text, tokens = made.encode_text(batch["tokens"], batch["mask"]), made.image_tokens(batch["pictures"])
    queries = torch.cat([made.image_vectors(one[None]) for one in tokens])
    return made, batch, text, normalize(queries, dim=-1), tokens


def test_sound_matching_is_its_loop(monkeypatch):
    """ITM asks of the batch's pairs, and of one hard negative of each text and of each picture, by the scores of ITC,
    whether they belong together: the mean of a linear layer over the queries that see both, in a binary cross-entropy
    over all of these pairs alike."""
    made, batch, text, queries, tokens = whole("itc+itm", "corrected")
    asked, drawing = [], alignment_losses.hard_negatives

    def noted(scores, positive):
        asked.append((scores, positive, drawing(scores, positive)))
        return asked[-1][-1]

    monkeypatch.setattr(alignment_losses, "hard_negatives", noted)
    losses = made(batch)
    alike = [[max(dot(one, query) for query in own) / 0.3 for own in queries] for one in normalize(text, dim=-1)]
    (scores, positive, by_text), (turned, positive_turned, by_image) = asked
    assert torch.allclose(scores, torch.tensor(alike), atol=1e-5) and torch.equal(turned, scores.T)
    assert torch.equal(positive, batch["positive"]) and torch.equal(positive_turned, positive.T)
    belong = [(u, v, 1) for u, v in zip(batch["text"].tolist(), batch["image"].tolist(), strict=True)]
    apart = [(u, v, 0) for u, v in by_text.T.tolist()] + [(u, v, 0) for v, u in by_image.T.tolist()]
    assert len(apart) == len(text) + len(tokens) and not any(batch["positive"][u, v] for u, v, _ in apart)
    loss = 0.0
    for u, v, truth in belong + apart:
        seen = made.qformer(tokens[v : v + 1], text[u : u + 1])[0]
        logit = sum(dot(one, made.match.weight[0]) + made.match.bias.item() for one in seen) / len(seen)
        loss += math.log1p(math.exp(-logit if truth else logit))
    assert losses["itm"].item() == pytest.approx(loss / len(belong + apart), rel=1e-4)
    assert losses["itc"].item() == pytest.approx(contrast(alike, batch["positive"]), rel=1e-4)


def contrast(alike, positive):
    """ITC as a loop: both ways, the mean over what belongs together of -log of its share beside what doesn't."""
    ways = []
    for scores, belongs in ((np.array(alike), positive.numpy()), (np.array(alike).T, positive.numpy().T)):
        terms = []
        for i, j in np.argwhere(belongs):
            others = sum(math.exp(scores[i, k]) for k in range(scores.shape[1]) if not belongs[i, k])
            terms.append(-math.log(math.exp(scores[i, j]) / (math.exp(scores[i, j]) + others)))
        ways.append(sum(terms) / len(terms))
    return sum(ways) / 2


@pytest.mark.parametrize("method", ["itc", "itc+itm"])
def test_described_losses_are_their_loops(method):
    """A pair against its drawn texts and pictures, both ways; ITM asks of it and of the first one drawn of each."""
    made, batch, text, queries, tokens = whole(method, "described")
    unit, rows = normalize(text, dim=-1), range(len(batch["text"]))
    if method == "itc":
        queries = normalize(tokens.mean(1, keepdim=True), dim=-1)

    def alike(u, v):
        return max(dot(unit[u], query) for query in queries[v]) / 0.3

    contrast, belong = 0.0, []
    for row in rows:
        u, v = int(batch["text"][row]), int(batch["image"][row])
        texts, images = batch["negative_text"][row].tolist(), batch["negative_image"][row].tolist()
        for others in ([alike(u, image) for image in images], [alike(text, v) for text in texts]):
            contrast += math.log(sum(map(math.exp, [alike(u, v), *others]))) - alike(u, v)
        belong += [(u, v, 1), (u, images[0], 0), (texts[0], v, 0)]
    losses = made(batch)
    assert losses["itc"].item() == pytest.approx(contrast / (2 * len(rows)), rel=1e-4)
    if method == "itc":
        assert list(losses) == ["itc"]
        return
    loss = 0.0
    for u, v, truth in belong:
        seen = made.qformer(tokens[v : v + 1], text[u : u + 1])[0]
        logit = sum(dot(one, made.match.weight[0]) + made.match.bias.item() for one in seen) / len(seen)
        loss += math.log1p(math.exp(-logit if truth else logit))
    assert losses["itm"].item() == pytest.approx(loss / len(belong), rel=1e-4)


@pytest.mark.parametrize("method", ["blip2", "blip2-cond"])
@pytest.mark.parametrize("variant", ["corrected", "released"])
def test_blip2_has_three_terms_each_its_loop(method, variant):
    made, batch, text, queries, tokens = whole(method, variant)
    torch.manual_seed(0)
    losses = made(batch)
    assert list(losses) == ["itc", "itm", "generation"]
    torch.manual_seed(0)
    plain = whole("itc+itm", variant)[0]
    plain.load_state_dict(made.state_dict(), strict=False)
    torch.manual_seed(0)
    beside = plain(batch)  # the first two are those of ITC+ITM, whose own loops stand above and below
    assert losses["itm"].item() == pytest.approx(beside["itm"].item(), rel=1e-5)
    unit = normalize(text, dim=-1)
    if variant == "released":
        past, first, second = normalize(tokens.mean(1), dim=-1), 0.0, 0.0
        for u, v, others in zip(batch["text"], batch["image"], batch["negative_image"], strict=True):
            own = max(dot(unit[u], query) for query in queries[v]) / 0.3
            wrong = [dot(unit[u], past[other]) / 0.3 for other in others]
            first -= own - math.log(sum(map(math.exp, [own, *wrong])))
            second += math.log1p(math.exp(-own)) + sum(math.log1p(math.exp(one)) for one in wrong)
        count = len(batch["text"])
        assert losses["itc"].item() == pytest.approx(first / count, rel=1e-4)
        assert losses["itm"].item() == pytest.approx(second / (count * 3), rel=1e-4)
    else:
        alike = [[max(dot(one, query) for query in own) / 0.3 for own in queries] for one in unit]
        assert losses["itc"].item() == pytest.approx(contrast(alike, batch["positive"]), rel=1e-4)
    assert losses["generation"].item() == pytest.approx(
        as_written(made, batch, tokens, variant == "released"), rel=1e-4
    )


def as_written(made, batch, tokens, released):
    """Generation as a loop: a pair at a time and a token after the other, by how likely the right one is after those
    before it."""
    from transformers.modeling_outputs import BaseModelOutput

    terms, writer = [], made.generator.model
    for place, v in enumerate(batch["image"]):
        seen = made.qformer(tokens[v : v + 1])
        shown = made.tell(normalize(seen, dim=-1) if released else seen)
        if "prompt" in batch:
            given = batch["prompt"][place][batch["prompt_mask"][place] > 0]
            shown = torch.cat([writer.encoder(input_ids=given[None]).last_hidden_state, shown], 1)
        before = [0]
        for right in batch["target"][place].tolist():
            if right == IGNORED:
                break
            guess = writer(
                encoder_outputs=BaseModelOutput(last_hidden_state=shown), decoder_input_ids=torch.tensor([before])
            ).logits[0, -1]
            terms.append(-math.log(math.exp(guess[right]) / sum(math.exp(one) for one in guess)))
            before.append(right)
    return sum(terms) / len(terms)


def test_an_unknown_method_says_which_are_known():
    with pytest.raises(DataError, match=r"no alignment called 'clip'.*itc"):
        Aligner(Reader(), Viewer(), "clip", 8)


def test_a_generator_reads_what_it_is_given():
    torch.manual_seed(0)
    made = generator().eval()
    shown, written = torch.randn(2, 3, 12), torch.tensor([[4, 5, IGNORED], [6, 7, 8]])
    alone = made(shown, written)
    given_text = {"tokens": torch.tensor([[9, 2], [3, 0]]), "mask": torch.tensor([[1, 1], [1, 0]])}
    beside = made(shown, written, given_text)
    padded = {"tokens": torch.tensor([[9, 2, 0], [3, 0, 0]]), "mask": torch.tensor([[1, 1, 0], [1, 0, 0]])}
    assert alone != beside and made(shown, written, padded).item() == pytest.approx(beside.item(), abs=1e-5)
