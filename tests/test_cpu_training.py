"""What makes training faster on a CPU gives what torch's own way gives, and draws dropout at its rate."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from timm.layers import Conv2dSame
from torch import nn
from torch.nn import functional
from transformers import BertConfig, BertModel

from lib.models import acceleration, cpu_training


@given(
    side=st.integers(1, 5),
    width=st.integers(1, 4),
    kernel=st.sampled_from([1, 2, 3, 5]),
    stride=st.integers(1, 2),
    padding=st.integers(0, 2),
    groups=st.sampled_from([1, 6]),
    same=st.booleans(),
)
def test_convolutions_and_their_gradients_are_torchs(side, width, kernel, stride, padding, groups, same):
    if not same and min(side, width) + 2 * padding < kernel:
        return
    kind = Conv2dSame if same else nn.Conv2d
    plain = kind(6, 6, kernel, stride=stride, padding=0 if same else padding, groups=groups, bias=False)
    quick = kind(6, 6, kernel, stride=stride, padding=0 if same else padding, groups=groups, bias=False)
    quick.load_state_dict(plain.state_dict())
    cpu_training.prepare_images(quick)
    shown = torch.randn(3, 6, side, width)
    results = []
    for network in (plain, quick):
        inputs = shown.clone().requires_grad_()
        outputs = network(inputs)
        (outputs * torch.arange(outputs.numel()).view(outputs.shape).cos()).sum().backward()
        results.append((outputs, inputs.grad, network.weight.grad))
    for wanted, found in zip(*results, strict=True):
        assert torch.allclose(wanted, found, atol=1e-5)


@pytest.mark.parametrize("rate", [0.1, 0.3])
def test_dropout_drops_its_share_and_keeps_the_mean(rate):
    torch.manual_seed(0)
    values = torch.ones(1001, 999, requires_grad=True)
    kept = cpu_training.dropped(values, rate, training=True)
    kept.sum().backward()
    assert abs((kept == 0).float().mean() - rate) < 0.002 and abs(kept.mean() - 1) < 0.003
    assert torch.equal(values.grad, kept.detach()), "what is dropped gets no gradient"
    assert cpu_training.dropped(values, rate, training=False) is values
    neighbours = (kept[:, 1:] == 0) & (kept[:, :-1] == 0)
    assert abs(neighbours.float().mean() - rate**2) < 0.002, "neighbours are drawn apart"
    torch.manual_seed(0)
    assert torch.equal(cpu_training.dropped(values, rate, training=True), kept), "the seed decides"


def bert() -> BertModel:
    torch.manual_seed(0)
    sizes = {"hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 3, "intermediate_size": 24}
    return BertModel(BertConfig(vocab_size=50, **sizes), add_pooling_layer=False)


TOKENS = torch.tensor([[3, 7, 7, 9, 0], [4, 9, 0, 0, 0]])


def test_attention_is_transformers_own():
    plain, quick = bert().eval(), bert().eval()
    cpu_training.prepare_text(quick)
    assert quick.config._attn_implementation == cpu_training.ATTENTION
    mask = (TOKENS != 0).long()
    wanted, found = (model(input_ids=TOKENS, attention_mask=mask).last_hidden_state for model in (plain, quick))
    assert torch.allclose(wanted[mask.bool()], found[mask.bool()], atol=1e-5)
    drops = [module for module in quick.modules() if isinstance(module, nn.Dropout)]
    assert drops and all(type(module) is cpu_training.Dropout for module in drops)


def learnt(model: nn.Module) -> list[float]:
    optimiser, losses = torch.optim.Adam(model.parameters(), 0.01), []
    for _ in range(5):
        loss = functional.mse_loss(model(input_ids=TOKENS).last_hidden_state, torch.ones(2, 5, 12))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


def test_training_the_rows_that_texts_use_is_training_them_all():
    plain, quick = bert().eval(), bert().eval()
    before = quick.get_input_embeddings().weight.detach().clone()
    wanted = learnt(plain)
    with acceleration.used_rows(quick, [[3, 7, 9], [4]], padding=0):
        assert quick.get_input_embeddings().weight.shape == (5, 12)
        found = learnt(quick)
    assert found == pytest.approx(wanted, rel=1e-5)
    table, used = quick.get_input_embeddings(), [3, 4, 7, 9]
    assert type(table) is nn.Embedding and list(quick.state_dict()) == list(plain.state_dict())
    assert torch.allclose(table.weight[used], plain.get_input_embeddings().weight[used], atol=1e-5)
    others = [row for row in range(50) if row not in used]
    assert torch.equal(table.weight[others], before[others])


def test_a_model_without_a_matrix_of_tokens_stays_as_it_is():
    model = nn.Linear(2, 2)
    for given_model in (model, None):
        with acceleration.used_rows(given_model, [[1]], padding=0):
            pass
    assert list(model.state_dict()) == ["weight", "bias"]
