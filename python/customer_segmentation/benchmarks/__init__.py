"""Benchmarks that back the claims made for the choice of k and for speed."""
