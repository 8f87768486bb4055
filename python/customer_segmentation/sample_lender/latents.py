"""Who the customers are: type paths, latent vectors and the best possible guess at the type."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

from customer_segmentation.sample_lender import parameters as economics

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Latents:
    """Types and latent vectors of a chunk of customers.

    Attributes
    ----------
    types : ndarray of shape (n_customers, 12)
        Index of the planted type in each quarter.
    values : ndarray of shape (n_customers, 12, 8)
        Latents in each quarter, in the order of `parameters.LATENTS`.
    residuals : ndarray of shape (n_customers, 8)
        Independent standard normal residuals; a customer keeps them when the type changes.
    """

    types: IntArray
    values: FloatArray
    residuals: FloatArray


def draw_latents(customers: int, rng: np.random.Generator) -> Latents:
    """Draw first types, quarterly moves and the latents that follow from them."""
    shares = economics.shares()
    cumulative_moves = economics.transition_matrix().cumsum(axis=1)
    types = np.empty((customers, economics.QUARTERS), dtype=np.int64)
    types[:, 0] = rng.choice(len(shares), size=customers, p=shares)
    for quarter in range(1, economics.QUARTERS):
        before = cumulative_moves[types[:, quarter - 1]]
        moved = (rng.random((customers, 1)) > before).sum(axis=1)
        types[:, quarter] = np.minimum(moved, len(shares) - 1)
    residuals = rng.standard_normal((customers, len(economics.LATENTS)))
    factors = np.linalg.cholesky(economics.latent_covariances())
    deviations = np.einsum("tij,nj->nti", factors, residuals)
    rows = np.arange(customers)[:, None]
    values = economics.latent_means()[types] + deviations[rows, types]
    return Latents(types=types, values=values, residuals=residuals)


def bayes_types(values: FloatArray) -> IntArray:
    """Most probable planted type of each latent vector under the planted densities.

    Parameters
    ----------
    values : ndarray of shape (n, 8)
        Latent vectors.

    Returns
    -------
    ndarray of shape (n,)
        Index into `parameters.PLANTED_TYPES`.
    """
    means, covariances = economics.latent_means(), economics.latent_covariances()
    log_shares = np.log(economics.shares())
    scores = np.empty((len(values), len(means)))
    for index, (mean, covariance) in enumerate(zip(means, covariances, strict=True)):
        factor = np.linalg.cholesky(covariance)
        whitened = np.linalg.solve(factor, (values - mean).T)
        log_determinant = 2.0 * np.log(np.diag(factor)).sum()
        scores[:, index] = (
            log_shares[index] - 0.5 * log_determinant - 0.5 * (whitened**2).sum(axis=0)
        )
    return np.asarray(scores.argmax(axis=1))


def planted_bayes_ari(*, draws: int = 100_000, seed: int = 0) -> float:
    """Estimate the adjusted Rand index of the Bayes rule against the planted type.

    No method that sees the latents without the types can expect to do better, so this is
    the ceiling for a clustering of the same customers.
    """
    from sklearn.metrics import adjusted_rand_score

    rng = np.random.default_rng(seed)
    latents = draw_latents(draws, rng)
    return float(adjusted_rand_score(latents.types[:, 0], bayes_types(latents.values[:, 0])))
