"""One module a step; each gives its definitions for a project by `define`."""
