"""``python -m customer_segmentation.sample_lender``: make the sample lender."""

from __future__ import annotations

from pathlib import Path

import click

from customer_segmentation.sample_lender.write import (
    CHUNK_CUSTOMERS,
    FolderNotOursError,
    generate,
)


@click.command()
@click.option("--customers", type=click.IntRange(min=1), default=3000, show_default=True)
@click.option("--seed", type=int, default=20260101, show_default=True)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("data/sample")
)
@click.option(
    "--chunk-customers",
    type=click.IntRange(min=1),
    default=CHUNK_CUSTOMERS,
    show_default=True,
    help="Customers per Parquet part; memory grows with it.",
)
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--force", is_flag=True, help="Write into a folder that holds other files.")
@click.option("--progress/--no-progress", default=True)
def main(
    customers: int,
    seed: int,
    out: Path,
    chunk_customers: int,
    workers: int,
    force: bool,
    progress: bool,
) -> None:
    """Make a lender with planted customer types as raw Parquet extracts."""
    try:
        rows = generate(
            out,
            customers=customers,
            seed=seed,
            chunk_customers=chunk_customers,
            workers=workers,
            progress=progress,
            force=force,
        )
    except FolderNotOursError as error:
        raise click.ClickException(str(error)) from error
    for entity, count in rows.items():
        click.echo(f"{entity:<20}{count:>14,}")


if __name__ == "__main__":
    main()
