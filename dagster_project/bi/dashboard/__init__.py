"""The dashboard: one small file a page, over the queries and charts of the report."""
