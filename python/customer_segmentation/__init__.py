"""Customer segmentation for lenders."""
