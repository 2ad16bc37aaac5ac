"""Superset with a dashboard of conversion facts, in an environment of its own.

`conversion_facts` is what Superset exports and imports; nothing here is imported by
what runs a night.
"""
