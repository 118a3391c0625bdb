"""Systems and their parts: encoders, fusions, single-stream encoders of pairs, and the two variants."""

import copy
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from lib.core.errors import DataError
from lib.models import acceleration, backbones, cpu_training, fusion
from lib.models.encoders import ImageEncoder, Pixels, TextEncoder
from lib.models.fusion import FUSIONS, RELEASED_FUSIONS
from lib.models.system import System
from lib.runs import embeddings, variants
from lib.runs.variants import VARIANTS, ReleasedMultitaskTextHead, SequenceHead
from lib.study.config import Training
from lib.study.plan import Run, Study

WIDE = 16


@pytest.fixture(autouse=True, scope="module")
def no_hub():
    """Tests decide the same with and without a network."""
    from huggingface_hub import constants

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(constants, "HF_HUB_OFFLINE", True)
        yield


class Given(torch.nn.Module):
    """An encoder of texts or pictures whose tokens or pixels are its vectors."""

    def __init__(self, dimensions):
        super().__init__()
        self.dimensions = dimensions

    def forward(self, vectors, mask=None):
        return vectors


def system(fusion, classes=0, image=WIDE, **options):
    torch.manual_seed(0)
    return System(Given(WIDE), Given(image), fusion, classes, **options).eval()


def ready(count=6, image=WIDE, seed=1):
    """A batch of pairs, each with a text and a picture of its own."""
    chance = torch.Generator().manual_seed(seed)
    text, picture = (torch.randn(count, wide, generator=chance) for wide in (WIDE, image))
    rows = torch.arange(count)
    return {"tokens": text, "mask": torch.ones(count, 1), "pictures": picture, "text": rows, "image": rows}


def only(batch, rows):
    """The pairs at `rows` of a batch, with all its texts and pictures."""
    return batch | {"text": batch["text"][rows], "image": batch["image"][rows]}


@pytest.mark.parametrize("name", [name for name in FUSIONS if name != "mean-similarity"])
@pytest.mark.parametrize("fusions", [FUSIONS, RELEASED_FUSIONS], ids=["corrected", "released"])
def test_a_fusion_gives_vectors_of_the_size_that_it_says(fusions, name):
    made = system(name, 3, fusions=fusions)
    vectors = made(ready())
    assert vectors.shape == (6, made.fuse.dimensions) and made.modality == "multimodal"
    assert made.scores(vectors).shape == (6, 3)


def test_mean_and_concat_are_what_they_say():
    batch = ready()
    text, image = batch["tokens"], batch["pictures"]
    assert torch.allclose(system("mean")(batch), (text + image) / 2)
    assert torch.equal(system("concat")(batch), torch.cat([text, image], 1))


def test_auto_is_linear():
    auto, (text, image) = FUSIONS["auto"](WIDE), torch.randn(2, 6, WIDE)
    nothing = torch.zeros_like(text)
    apart = auto(text, nothing) + auto(nothing, image) - auto(nothing, nothing)
    assert torch.allclose(auto(text, image), apart, atol=1e-6)


@pytest.mark.parametrize("name", FUSIONS)
def test_a_pairs_vector_is_its_own_whatever_stands_beside_it(name):
    made, batch = system(name), ready()
    together = made(batch)
    for row in range(6):
        assert torch.allclose(made(only(batch, [row])), together[[row]], atol=1e-6)


def test_published_attention_mixes_the_pairs_of_a_batch():
    """Not even each text with its own picture: which picture belongs to which text changes nothing."""
    made, batch = system("attention", fusions=RELEASED_FUSIONS), ready()
    together = made(batch)
    assert (made(only(batch, [0, 1, 2])) - together[:3]).norm(dim=1).min() > 0.05
    assert torch.allclose(made(batch | {"image": batch["image"].flip(0)}), together, atol=1e-6)
    sound = system("attention")
    assert not torch.allclose(sound(batch | {"image": batch["image"].flip(0)}), sound(batch), atol=0.05)


def test_mean_similarity_can_not_be_trained_to_classify():
    assert system("mean-similarity", image=5)(ready(image=5)).shape == (6, WIDE + 5)
    with pytest.raises(DataError, match="pre-trained"):
        system("mean-similarity", 3)


def test_an_unknown_fusion_lists_the_known_ones():
    with pytest.raises(DataError) as error:
        system("sum")
    assert all(name in str(error.value) for name in ["'sum'", *FUSIONS])


def test_an_image_of_another_size_is_projected():
    made, batch = system("mean", image=5), ready(image=5)
    projected = made.encode_image(batch["pictures"])
    assert projected.shape == (6, WIDE) and torch.allclose(made(batch), (batch["tokens"] + projected) / 2)
    assert isinstance(system("mean").project, nn.Identity)


def test_one_modality_is_its_encoder():
    batch = ready()
    text, image = System(Given(WIDE), None, classes=3), System(None, Given(WIDE))
    assert torch.equal(text(batch), batch["tokens"]) and torch.equal(image(batch), batch["pictures"])
    assert (text.modality, text.takes_images, image.modality, image.takes_images) == ("text", False, "image", True)
    assert text.scores(text(batch)).shape == (6, 3) and image.scores(image(batch)) is None


def test_items_may_share_texts_and_pictures():
    batch = ready() | {"text": torch.tensor([0, 0, 1]), "image": torch.tensor([5, 4, 4])}
    text, image = system("concat")(batch).split(WIDE, dim=1)
    assert torch.equal(text, batch["tokens"][[0, 0, 1]]) and torch.equal(image, batch["pictures"][[5, 4, 4]])


class Larger(nn.Module):
    """A fusion of one's own: of each number the larger, and how far the two are apart."""

    def __init__(self, dimensions):
        super().__init__()
        self.dimensions = dimensions + 1

    def forward(self, text, image):
        return torch.cat([torch.maximum(text, image), (text - image).norm(dim=1, keepdim=True)], dim=1)


def test_a_fusion_is_one_entry(monkeypatch):
    monkeypatch.setitem(FUSIONS, "larger", Larger)
    made = system("larger", 3)
    vectors = made(ready())
    assert vectors.shape == (6, WIDE + 1) and made.scores(vectors).shape == (6, 3)


class Hidden(nn.Module):
    """A transformer whose token vectors are given: of a token t, (t, t + 1)."""

    config = SimpleNamespace(hidden_size=2)

    def forward(self, input_ids, attention_mask):
        return SimpleNamespace(last_hidden_state=torch.stack([input_ids, input_ids + 1], dim=-1).float())


@pytest.mark.parametrize(("pooling", "expected"), [("mean", [[3, 4], [6, 7]]), ("first", [[2, 3], [6, 7]])])
def test_texts_are_pooled_without_their_padding(pooling, expected):
    encoder = TextEncoder(Hidden(), None, pooling)
    tokens, mask = torch.tensor([[2, 3, 4], [6, 9, 9]]), torch.tensor([[1, 1, 1], [1, 0, 0]])
    assert encoder(tokens, mask).tolist() == expected and encoder.dimensions == 2


def test_pixels_are_normalised_as_the_model_was_trained():
    cfg = {"mean": (0.5, 0.4, 0.3), "std": (0.2, 0.25, 0.5)}
    pictures = torch.randint(0, 256, (2, 3, 4, 3), dtype=torch.uint8)
    mean, std = (torch.tensor(cfg[name]).view(3, 1, 1) for name in ("mean", "std"))
    assert torch.allclose(Pixels(cfg)(pictures), (pictures.permute(0, 3, 1, 2) / 255 - mean) / std, atol=1e-5)


def test_an_image_encoder_gives_what_its_model_gives():
    model = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    model.num_features, model.head_hidden_size, model.pretrained_cfg = 3, 3, {"mean": (0, 0, 0), "std": (1, 1, 1)}
    pictures = torch.randint(0, 256, (2, 4, 4, 3), dtype=torch.uint8)
    assert torch.allclose(ImageEncoder(model)(pictures), pictures.float().mean((1, 2)) / 255, atol=1e-5)


def test_convolutions_in_groups_are_wide_where_they_are_trained_in_bf16_and_nowhere_else():
    network = nn.Sequential(nn.Conv2d(3, 6, 3), nn.Conv2d(6, 6, 3, groups=6))
    names, shown = list(network.state_dict()), torch.randn(2, 3, 8, 8)
    wanted = network(shown)
    assert cpu_training.prepare_images(network) == 1 and list(network.state_dict()) == names
    assert torch.equal(network(shown), wanted)
    with torch.autocast("cpu", torch.bfloat16):
        assert network[0](shown).dtype == torch.bfloat16 and network(shown).dtype == torch.float32
        with torch.no_grad():
            assert network(shown).dtype == torch.bfloat16
    copied = copy.deepcopy(network)
    nn.init.zeros_(copied[1].weight), nn.init.zeros_(copied[1].bias)
    assert not copied(shown).any() and torch.equal(network(shown), wanted), "a copy computes with its own weights"


TRAINING = {"epochs": 20, "batch_size": 48, "text_lr": 0.003, "temperature": 0.2, "negatives": 4, "margin": 0.2}
RUNS = {
    "text": {"notebook": "10_text", "text": "minilm-l6"},
    "image": {"notebook": "11_image", "image": "efficientnet-lite0"},
    "fusion": {"notebook": "12_fusion", "text": "minilm-l6", "image": "efficientnet-lite0", "fusion": "mean"},
    "single-stream": {"notebook": "13_single_stream", "multimodal": "vilt-small"},
    "fine-tuning": {
        "notebook": "21_alignment_finetune",
        "text": "minilm-l6",
        "image": "efficientnet-lite0",
        "aligned": "itc",
        "fusion": "mean",
    },
}


def varied(name, kind, objective="ce", training=None, **parameters):
    """The variant of a run in a study with TRAINING."""
    study = Study(name="fake", training=Training(**(TRAINING | (training or {}))))
    values = RUNS[kind] | {"objective": objective, "variant": name, "seed": 1} | parameters
    run = Run(study, values["notebook"], {name: value for name, value in values.items() if name != "notebook"})
    return variants.variant(run, objective != "ce")


@pytest.mark.parametrize("kind", RUNS)
@pytest.mark.parametrize("objective", ["ce", "ce+supcon"])
def test_corrected_leaves_the_studys_settings_alone(kind, objective):
    found = varied("corrected", kind, objective)
    assert found.training == Training(**TRAINING) and found.mask_digits == "all" and found.sampling == "shuffled"
    assert (found.pooling, found.head, found.fusions) == (None, nn.Linear, FUSIONS)


@pytest.mark.parametrize("kind", RUNS)
@pytest.mark.parametrize("objective", ["ce", "ce+supcon"])
def test_described_is_a_4_whatever_the_system(kind, objective):
    found = varied("described", kind, objective)
    chosen = found.training
    assert {chosen.text_lr, chosen.image_lr, chosen.head_lr} == {0.001}
    assert (chosen.batch_size, chosen.weight_decay, chosen.warmup) == (32, 0.01, 100) and type(chosen.warmup) is int
    assert (chosen.optimiser, chosen.decay_norms, chosen.schedule) == ("adam", True, "linear")
    assert (chosen.negatives, chosen.temperature, chosen.accumulate) == (5, 0.1, 1)
    assert (found.sampling, found.mask_digits, found.pooling) == ("shuffled", "all", None)
    assert found.head is (SequenceHead if kind == "text" else nn.Linear) and found.fusions == FUSIONS
    assert (chosen.epochs, chosen.patience) == (20, 3), "how long is the study's"


@pytest.mark.parametrize(
    ("kind", "objective", "changes"),
    [
        ("text", "ce", {"patience": 5, "warmup_of": "first epoch"}),
        (
            "text",
            "ce+supcon",
            {
                "accumulate": 4,
                "patience": 5,
                "min_delta": 0.5,
                "warmup_of": "first epoch",
                "schedule": "linear by batch",
            },
        ),
        (
            "image",
            "ce",
            {"optimiser": "adam", "schedule": "constant", "weight_decay": 0.0, "epsilon": 1e-8, "warmup": 0.0},
        ),
        ("image", "supcon", {"decay_norms": True, "warmup_of": "first epoch"}),
        ("fusion", "ce", {"temperature": 0.5}),
        ("single-stream", "ce", {"decay_norms": True}),
        ("fine-tuning", "ce+supcon", {}),
    ],
)
def test_released_is_what_the_authors_scripts_ran(kind, objective, changes):
    """By README and the paths of checkpoints 1e-4 in batches of 32; the rest by the scripts (docs/variants.md)."""
    found = varied("released", kind, objective)
    usual = {"optimiser": "adamw", "schedule": "linear", "weight_decay": 0.01, "epsilon": 1e-6, "warmup": 0.1}
    usual |= {"warmup_of": "training", "decay_norms": False, "accumulate": 1, "patience": 3, "min_delta": 0.01}
    usual |= {"temperature": 0.1, "text_lr": 1e-4, "image_lr": 1e-4, "head_lr": 1e-4, "batch_size": 32, "negatives": 5}
    expected = usual | {"group_by_length": False} | changes
    assert found.training.model_dump(include=set(expected)) == expected
    heads = {("text", "ce"): ("first", SequenceHead), ("text", "ce+supcon"): ("mean", ReleasedMultitaskTextHead)}
    assert (found.pooling, found.head) == heads.get((kind, objective), ("first", nn.Linear))
    assert found.sampling == ("units" if (kind, objective) == ("text", "ce+supcon") else "shuffled")
    assert found.mask_digits == "train" and found.fusions["attention"] is fusion.ReleasedAttentionFusion
    assert found.training.epochs == 20


def test_a_study_that_stops_nothing_early_stops_no_variant_early():
    """So that what is compared takes as many steps."""
    for name in VARIANTS:
        found = varied(name, "text", "ce+supcon", {"patience": None, "steps": 60})
        assert (found.training.patience, found.training.steps) == (None, 60)


@pytest.mark.parametrize("sampling", ["shuffled", "balanced", "units"])
@pytest.mark.parametrize("name", VARIANTS)
def test_any_objective_can_have_any_sampling(name, sampling):
    for objective in ("ce", "supcon"):
        assert varied(name, "text", objective, sampling=sampling).sampling == sampling


@pytest.mark.parametrize("head", [SequenceHead, ReleasedMultitaskTextHead])
def test_published_heads_score_classes(head):
    made = System(Given(WIDE), None, classes=3, head=head)
    assert made.scores(made(ready())).shape == (6, 3)


def test_an_unknown_variant_lists_the_known_ones():
    with pytest.raises(DataError, match="no variant called 'fair'; known are described, released, corrected"):
        varied("fair", "text")


@pytest.fixture(scope="module", params=["visualbert-small", "vilt-small"])
def single_stream(request):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so small that a second thread costs more than it does
    torch.manual_seed(0)
    encoder, found = backbones.load(request.param, pixels=32)
    yield encoder.eval(), found
    torch.set_num_threads(threads)


def shown(seed=2, texts=5, pictures=4):
    """Tokenised texts of many lengths, and pictures."""
    rng = np.random.default_rng(seed)
    tokens = [rng.integers(1000, 20000, rng.integers(2, 30)).tolist() for _ in range(texts)]
    return tokens, rng.integers(0, 256, (pictures, 32, 32, 3)).astype(np.uint8)


def alone(encoder, tokens, picture):
    """The vector of one pair, unpadded and by itself."""
    first, grid = torch.tensor([0]), torch.tensor([tokens])
    return encoder(grid, torch.ones_like(grid), torch.from_numpy(picture[None]), first, first)[0]


def test_a_single_stream_encoder_without_weights_says_so(single_stream):
    _, found = single_stream
    assert found.kind == "multimodal" and found.source == "random"
    assert found.label == f"{found.requested} (random weights)"


@torch.inference_mode()
def test_a_pairs_vector_depends_on_its_text_and_its_picture_alone(single_stream):
    """Not on padding, nor on the other pairs of its batch."""
    encoder, _ = single_stream
    tokens, pictures = shown()
    longest = max(map(len, tokens)) + 7
    grid = torch.tensor([text + [encoder.tokenizer.pad_token_id] * (longest - len(text)) for text in tokens])
    mask = torch.tensor([[1] * len(text) + [0] * (longest - len(text)) for text in tokens])
    text, image = torch.tensor([4, 0, 0, 2, 3, 1]), torch.tensor([0, 3, 1, 1, 2, 0])
    together = encoder(grid, mask, torch.from_numpy(pictures), text, image)
    assert together.shape == (6, encoder.dimensions)
    for vector, row, place in zip(together, text, image, strict=True):
        assert torch.allclose(vector, alone(encoder, tokens[row], pictures[place]), atol=1e-4)
    assert (together[1] - together[2]).norm() > 1e-2  # one text, two pictures
    assert (together[2] - together[3]).norm() > 1e-2  # one picture, two texts


@pytest.mark.parametrize("single_stream", ["visualbert-small"], indirect=True)
@torch.inference_mode()
def test_published_visualbert_reads_the_padding_too(single_stream, monkeypatch):
    """It counts by 1 / e of what a word counts: less than one, more than nothing."""
    encoder, _ = single_stream
    tokens, pictures = shown()
    first, mask = torch.tensor([0]), torch.tensor([[1] * len(tokens[0]) + [0] * 30])
    grid = torch.tensor([tokens[0] + [encoder.tokenizer.pad_token_id] * 30])

    def padded(mask=mask):
        return encoder(grid, mask, torch.from_numpy(pictures[:1]), first, first)[0]

    sound, read = alone(encoder, tokens[0], pictures[0]), padded(torch.ones_like(mask))
    monkeypatch.setattr(encoder, "hides_padding", False)
    assert torch.allclose(alone(encoder, tokens[0], pictures[0]), sound, atol=1e-4)  # where nothing is padded
    assert 1e-2 < (padded() - sound).norm() < (read - sound).norm()


def test_gradients_reach_words_and_patches(single_stream):
    encoder, _ = single_stream
    tokens, pictures = shown()
    [words] = [value for name, value in encoder.named_parameters() if name.endswith("word_embeddings.weight")]
    [patches] = [value for value in encoder.parameters() if value.ndim == 4]  # a convolution cuts the picture up
    direction = torch.randn(encoder.dimensions, generator=torch.Generator().manual_seed(0))
    of_words, of_patches = torch.autograd.grad(alone(encoder, tokens[0], pictures[0]) @ direction, [words, patches])
    assert of_words.norm(dim=1).nonzero().flatten().tolist() == sorted(set(tokens[0]))
    assert of_patches.abs().max() > 1e-4


@torch.inference_mode()
def test_the_longest_text_leaves_room_for_the_picture(single_stream):
    encoder, _ = single_stream
    long, (_, pictures) = np.random.default_rng(0).integers(1000, 20000, 512).tolist(), shown()
    one, two = (alone(encoder, long, picture) for picture in pictures[:2])
    assert (one - two).norm() > 1e-3


@torch.inference_mode()
def test_encoded_pairs_are_those_of_one_at_a_time_in_their_order(single_stream):
    """More pairs than go into one batch, which are sorted by length inside."""
    encoder, _ = single_stream
    tokens, pictures = shown(texts=20, pictures=15)
    rng = np.random.default_rng(3)
    text, image = rng.integers(0, 20, 140), rng.integers(0, 15, 140)
    found = embeddings.encode_pairs(
        System(None, None, multimodal=encoder).eval(), tokens, pictures, text, image, "32-true"
    )
    assert found.dtype == torch.float32 and found.shape == (140, encoder.dimensions)
    encoder.cpu()  # where an accelerator computed them
    for row in range(0, 140, 7):
        assert torch.allclose(found[row], alone(encoder, tokens[text[row]], pictures[image[row]]), atol=1e-3)


def test_precision_is_what_was_asked_for():
    assert [acceleration.precision(asked) for asked in ("32-true", "bf16-mixed")] == ["32-true", "bf16-mixed"]
    assert acceleration.precision("auto") == acceleration.precision() and acceleration.precision() in (
        "32-true",
        "bf16-mixed",
    )


@pytest.mark.parametrize(
    ("units", "expected"),
    [({"avx2": True}, "32-true"), ({"amx_bf16": True}, "bf16-mixed"), ({"avx512_bf16": True}, "bf16-mixed")],
)
def test_a_cpu_computes_in_bf16_only_with_units_for_it(monkeypatch, units, expected):
    monkeypatch.setattr(acceleration, "device", lambda: torch.device("cpu"))
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: units)
    assert acceleration.precision() == expected
