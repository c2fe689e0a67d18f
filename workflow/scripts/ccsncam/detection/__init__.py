"""From classifier to detector: statistic, background by time slides, and false-alarm rates."""
