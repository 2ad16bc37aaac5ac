"""The pages, each a function that draws one view of a generation.

Not named `pages`: of a folder of that name Streamlit makes pages of its own.
"""
