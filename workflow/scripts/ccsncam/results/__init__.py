"""Rates, tables and numbers of a run."""
