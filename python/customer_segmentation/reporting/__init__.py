"""Reports that people look at, rendered from a published database alone."""
