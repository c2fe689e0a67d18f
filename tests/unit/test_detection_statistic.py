import numpy as np

from ccsncam.detection.statistic import statistic


def test_by_hand():
    # odds (e^2 + e^1) / e^0.5
    np.testing.assert_allclose(
        statistic(np.array([0.5, 2.0, 1.0])), np.log(np.exp(1.5) + np.exp(0.5)), rtol=1e-14
    )
    assert statistic(np.zeros((2, 3, 4))).shape == (2, 3)
    np.testing.assert_allclose(statistic(np.zeros(2)), 0)


def test_it_does_not_saturate():
    """In single precision both windows have a probability of 1; the statistic is exact."""
    logits = np.array([[-60, 100, 0], [-60, 100.5, 0], [200, -200, -210]], np.float32)
    found = statistic(logits)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, [160, 160.5, -400 + np.log1p(np.exp(-10))], rtol=1e-15)
