"""Whole nights: files in, and what readers, people and the next night then see."""
