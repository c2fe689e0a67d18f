import numpy as np
from scipy import stats

from ccsncam import seeds


def test_a_sample_does_not_depend_on_the_batch():
    whole = seeds.uniforms(1, "test-1kpc", "m39", 0, 100, 13)
    parts = [
        seeds.uniforms(1, "test-1kpc", "m39", first, count, 13)
        for first, count in ((0, 7), (7, 1), (8, 92))
    ]
    assert np.array_equal(whole, np.concatenate(parts))


def test_seed_data_set_and_class_each_change_the_draws():
    reference = seeds.uniforms(1, "test-1kpc", "m39", 0, 5, 3)
    for other in ((2, "test-1kpc", "m39"), (1, "test-2kpc", "m39"), (1, "test-1kpc", "s18")):
        assert not np.isin(seeds.uniforms(*other, 0, 5, 3), reference).any()


def test_names_do_not_run_together():
    assert not np.array_equal(
        seeds.generator(1, "ab", "c").random(4), seeds.generator(1, "a", "bc").random(4)
    )


def test_draws_are_uniform_and_uncorrelated():
    draws = seeds.uniforms(3, "train-snr-40-50", "s25", 0, 20000, 4)
    for column in draws.T:
        assert stats.kstest(column, "uniform").pvalue > 1e-3
    correlation = np.corrcoef(draws.T) - np.eye(4)
    assert np.abs(correlation).max() < 4 / np.sqrt(20000)
