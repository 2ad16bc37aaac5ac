"""Figures of speed and memory, each with its answers compared; run by hand."""
