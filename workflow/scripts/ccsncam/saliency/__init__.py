"""Saliency maps, how faithful they are, and how much of them lies on each mode."""
