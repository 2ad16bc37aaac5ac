"""Measures, each printed beside its target; none of them is a test."""
