"""What makes training faster on an accelerator computes the same."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from lib.models import acceleration, backbones
from lib.review.speed import gpu_speed
from lib.runs import batches


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from([2, 4, 8]), st.integers(1, 3), st.integers(1, 4), st.integers(1, 4), st.booleans(), st.booleans()
)
def test_patches_as_a_product_are_the_convolution(side, images, tall, wide, bias, last):
    plain = nn.Sequential(nn.Conv2d(3, 5, side, side, bias=bias))
    pixels = torch.randn(images, 3, side * tall, side * wide)
    pixels = pixels.contiguous(memory_format=torch.channels_last) if last else pixels
    wanted = plain(pixels)
    names = list(plain.state_dict())
    assert acceleration.patches_as_product(plain) == 1
    torch.testing.assert_close(plain(pixels), wanted, rtol=1e-4, atol=1e-5)
    assert list(plain.state_dict()) == names


def test_other_convolutions_stay():
    kept = nn.Sequential(
        nn.Conv2d(3, 4, 3, 1), nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 2, 2, groups=2), nn.Conv2d(4, 4, 2, 2, padding=1)
    )
    assert acceleration.patches_as_product(kept) == 0


@pytest.mark.parametrize(("name", "count"), [("vit-tiny-patch16-random", 12), ("transformer-small", 4)])
def test_repeated_blocks_are_a_transformers_layers(name, count):
    network, _ = backbones.load(name, pixels=32)
    assert len(list(acceleration.repeated_blocks(network))) == count


def test_blocks_of_different_sizes_are_none():
    assert not list(acceleration.repeated_blocks(nn.Sequential(*(nn.Linear(size, size) for size in (1, 2, 3, 4)))))
    assert not list(
        acceleration.repeated_blocks(nn.Sequential(*(nn.Linear(2, 2) for _ in range(acceleration.MIN_BLOCKS - 1))))
    )


def test_a_prepared_network_gives_the_same_vectors(monkeypatch):
    compiled = []
    monkeypatch.setattr(
        nn.Module, "compile", lambda self, **_: compiled.append(self)
    )  # that torch compiles rightly is torch's to test
    network, _ = backbones.load("vit-tiny-patch16-random", pixels=32)
    shown = torch.randint(0, 256, (3, 32, 32, 3), dtype=torch.uint8)
    wanted = network.eval()(shown)
    acceleration.prepare(network)
    assert len(compiled) == 12
    torch.testing.assert_close(network(shown), wanted, rtol=1e-4, atol=1e-4)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(network(shown).float(), wanted, rtol=0.1, atol=0.1)


def test_tokens_are_narrow_from_block_to_block_only_where_it_is_computed_in_bf16():
    network, _ = backbones.load("vit-tiny-patch16-random", pixels=32)
    shown, seen = torch.zeros(1, 32, 32, 3, dtype=torch.uint8), []
    network.model.blocks[5].register_forward_pre_hook(lambda _, given: seen.append(given[0].dtype))
    assert acceleration.bf16_tokens(network) == 1
    network(shown)
    with torch.autocast("cpu", torch.bfloat16):
        network(shown)
    assert seen == [torch.float32, torch.bfloat16]


def items(multiple=1):
    tokens = [[1] * length for length in (3, 5, 9, 2)]
    table = pd.DataFrame({"text": [0, 1, 2, 3, 0], "image": [2, 2, 0, 1, 1]})
    pictures = np.arange(3, dtype=np.uint8)[:, None, None, None] * np.ones((3, 2, 2, 3), np.uint8)
    return batches.Items(table, np.array([0, 0, 1, 1, 0]), tokens, 0, pictures, multiple)


def test_a_batch_is_as_long_as_a_multiple_and_masks_what_was_added():
    plain, longer = items().batch([0, 1]), items(16).batch([0, 1])
    assert plain["tokens"].shape == (2, 5) and longer["tokens"].shape == (2, 16)
    assert torch.equal(longer["mask"].sum(1), plain["mask"].sum(1))
    assert not longer["tokens"][:, 5:].any()


def test_pictures_stay_where_they_are_without_an_accelerator():
    shown = np.zeros((2, 4, 4, 3), np.uint8)
    if not torch.cuda.is_available():
        assert acceleration.on_accelerator(shown) is shown


@pytest.mark.parametrize("count", [5, 7, 13])
def test_enlarged_items_repeat_and_share_nothing(count):
    given, made = items(), gpu_speed.enlarged(items(), count)
    assert len(made) == count
    for row in range(count):
        one, other = made.batch([row]), given.batch([row % 5])
        assert torch.equal(one["tokens"], other["tokens"]) and torch.equal(one["pictures"], other["pictures"])
        assert one["class"] == other["class"]
    both = made.batch(list(range(count)))
    assert len(both["tokens"]) == 4 * (count // 5) + min(count % 5, 4), "a text counts anew each time round"


def test_kernels_are_told_by_their_names():
    assert (
        gpu_speed.kind_of("nvjet_sm90_tst_192x192_64x4_1x2_h_bz_coopB_bias_TNN") == "matrix products and convolutions"
    )
    assert gpu_speed.kind_of("cudnn_generated_fort_native_sdpa_sm90_flash_bprop_wgmma") == "attention"
    assert gpu_speed.kind_of("triton_poi_fused__to_copy_addmm_gelu_2") == "element by element"
    assert gpu_speed.kind_of("Memcpy HtoD (Pageable -> Device)") == "copies"


def test_each_step_of_the_ladder_has_all_before_it():
    steps = gpu_speed.ladder(64)
    for before, after in pairwise(steps):
        assert set(before.changes) <= set(after.changes) and after.batch >= before.batch
        assert after.ready >= before.ready and after.half >= before.half


def test_beside_the_paper_and_the_peak():
    found = pd.DataFrame(
        {"system": ["text"] * 2, "step": ["plain loop", "bf16"], "rate": [10.0, 40.0], "tflops": [1.0, 4.0]}
    )
    table = gpu_speed.beside(found, {"text": 20.0}, 8.0)
    assert (
        list(table["times_plain"]) == [1, 4]
        and list(table["times_paper"]) == [0.5, 2]
        and list(table["of_peak"]) == [0.125, 0.5]
    )
