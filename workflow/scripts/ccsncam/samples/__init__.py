"""Samples: projection, injection, whitening, spectrograms, and data sets of them."""
