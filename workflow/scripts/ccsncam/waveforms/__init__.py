"""Waveforms: the table that lists them, their readers, conditioning, and surrogates."""
