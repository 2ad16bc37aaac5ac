"""What runs, in what order: landing, transforming, refusing, publishing."""
