"""Null references keep what isn't in question and lose the clusters."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from customer_segmentation.null_reference import draw_copula_reference, draw_uniform_reference


def skewed_and_correlated(n_rows=4_000):
    generator = np.random.default_rng(0)
    normal = generator.multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], n_rows)
    return np.column_stack([np.exp(normal[:, 0]), normal[:, 1], np.round(normal[:, 0])])


def test_copula_reference_keeps_every_column_to_the_value():
    values = skewed_and_correlated()

    reference = draw_copula_reference(values, seed=1)

    np.testing.assert_array_equal(np.sort(reference, axis=0), np.sort(values, axis=0))


def test_copula_reference_keeps_rank_correlations():
    values = skewed_and_correlated()

    kept = spearmanr(draw_copula_reference(values, seed=1)).statistic

    np.testing.assert_allclose(kept, spearmanr(values).statistic, atol=0.05)


def test_copula_reference_loses_the_clusters():
    generator = np.random.default_rng(0)
    diagonal = generator.choice([-3.0, 3.0], (2_000, 1)) + generator.normal(size=(2_000, 3))
    diagonal[:, 2] *= generator.choice([-1, 1], 2_000)  # corners that no correlation explains

    def corner_share(values):
        return np.mean((values[:, 0] > 0) & (values[:, 1] < 0))

    assert corner_share(diagonal) < 0.01
    assert corner_share(draw_copula_reference(diagonal, seed=0)) > 0.03


def test_constant_column_stays_constant():
    values = skewed_and_correlated()
    reference = draw_copula_reference(np.column_stack([values, np.full(len(values), 7.0)]), seed=1)

    np.testing.assert_array_equal(reference[:, 3], 7.0)
    np.testing.assert_allclose(  # and the others keep their correlations beside it
        spearmanr(reference[:, :3]).statistic, spearmanr(values).statistic, atol=0.05
    )


def test_all_constant_columns_are_returned_unchanged():
    np.testing.assert_array_equal(draw_copula_reference(np.ones((3, 2)), seed=0), np.ones((3, 2)))


def test_one_column_is_permuted():
    values = np.arange(6.0)[:, None]

    np.testing.assert_array_equal(np.sort(draw_copula_reference(values, seed=0), axis=0), values)


@pytest.mark.parametrize("draw", [draw_copula_reference, draw_uniform_reference])
def test_a_seed_repeats_its_draw_and_another_does_not(draw):
    values = skewed_and_correlated(100)

    np.testing.assert_array_equal(draw(values, seed=5), draw(values, seed=5))
    assert not np.array_equal(draw(values, seed=5), draw(values, seed=6))


def test_uniform_reference_fills_the_box_along_the_principal_axes():
    line = np.column_stack([np.linspace(0, 1, 500), np.linspace(0, 2, 500)])

    reference = draw_uniform_reference(line, seed=0)

    np.testing.assert_allclose(reference[:, 1], 2 * reference[:, 0], atol=1e-9)
    assert reference[:, 0].min() >= 0
    assert reference[:, 0].max() <= 1


@pytest.mark.parametrize("draw", [draw_copula_reference, draw_uniform_reference])
def test_bad_values_are_named(draw):
    with pytest.raises(ValueError, match="column 0 of values has 1 non-finite"):
        draw([[np.nan], [1.0]], seed=0)
    with pytest.raises(ValueError, match="1 rows; at least 2"):
        draw([[1.0]], seed=0)
