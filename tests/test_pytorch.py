from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.encoders.pytorch import batches, multiplies_in_bfloat16


@given(st.lists(st.integers(0, 300), max_size=60), st.integers(1, 600))
def test_batches_hold_each_text_once_and_few_tokens(lengths: list[int], tokens: int) -> None:
    made = list(batches(lengths, tokens))
    assert sorted(place for batch in made for place in batch) == list(range(len(lengths)))
    for batch in made:
        assert len(batch) == 1 or len(batch) * max(lengths[place] for place in batch) <= tokens
    in_order = [lengths[place] for batch in made for place in batch]
    assert in_order == sorted(lengths)


def test_a_batch_takes_what_fits() -> None:
    assert list(batches([4, 1, 2, 9], 8)) == [[1, 2], [0], [3]]


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ({"amx_bf16": True}, True),
        ({"avx512_bf16": True}, False),
        ({"avx2": True}, False),
        ({}, False),
    ],
)
def test_the_processor_says_whether_bfloat16_is_fast(
    monkeypatch: pytest.MonkeyPatch, capabilities: dict[str, bool], expected: bool
) -> None:
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: capabilities, raising=False)
    assert multiplies_in_bfloat16("cpu") is expected
    assert not multiplies_in_bfloat16("mps")
    monkeypatch.delattr("torch.cpu.get_capabilities")
    assert not multiplies_in_bfloat16("cpu")
