"""The likelihood ratio of a bank of signals without phases."""

import numpy as np
from scipy import stats

import power_bank


def test_the_ratio_is_that_of_exponential_powers() -> None:
    generator = np.random.default_rng(3)
    power = generator.exponential(size=(5, 40)).astype(np.float32)
    templates = generator.exponential(size=(2500, 40)).astype(np.float32) / 40
    snr = 4.0

    found = power_bank.log_likelihood_ratio(power, templates, snr, 1.0)

    mean = 1 + snr**2 * templates[None].astype(float)
    signal = stats.expon.logpdf(power[:, None], scale=mean).sum(axis=2)
    noise = stats.expon.logpdf(power).sum(axis=1)
    expected = np.log(np.mean(np.exp(signal - noise[:, None]), axis=1))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_a_ratio_of_noise_has_a_mean_of_one() -> None:
    generator = np.random.default_rng(4)
    power = generator.exponential(size=(200_000, 6)).astype(np.float32)
    templates = np.array([[0.3, 0.3, 0.2, 0.1, 0.1, 0.0]], np.float32)

    found = power_bank.log_likelihood_ratio(power, templates, 1.2, 1.0)

    assert abs(np.mean(np.exp(found)) - 1) < 0.01


def test_cells_that_overlap_do_not_count_twice() -> None:
    power = np.array([[3.0, 0.5]], np.float32)
    template = np.array([[0.7, 0.3]], np.float32)
    once = power_bank.log_likelihood_ratio(power, template, 2.0, 1.0)
    twice = power_bank.log_likelihood_ratio(
        np.repeat(power, 2, axis=1), np.repeat(template, 2, axis=1), 2.0, 0.5
    )
    np.testing.assert_allclose(twice, once, rtol=1e-6)
