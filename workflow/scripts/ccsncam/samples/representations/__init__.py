"""Representations of whitened strain, one module each; `registry` is their door."""
