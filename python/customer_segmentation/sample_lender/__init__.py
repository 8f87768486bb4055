"""A made-up lender with planted customer types, for tests, demonstrations and benchmarks."""

from customer_segmentation.sample_lender.write import generate

__all__ = ["generate"]
