import numpy as np

from ccsncam.saliency.scores import log_odds, log_probability


def test_probabilities_near_one():
    values = np.array([[40.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    expected = -np.log1p(2 * np.exp(-40)), -np.log(3)
    np.testing.assert_allclose(log_probability(values, [0, 1]), expected)
    np.testing.assert_allclose(log_odds(values, [0, 1]), [40 - np.log(2), -np.log(2)])
