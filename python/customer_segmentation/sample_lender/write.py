"""Write the sample lender to Parquet, chunk by chunk, in bounded memory."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from customer_segmentation.sample_lender import parameters as economics
from customer_segmentation.sample_lender.dirt import add_dirt
from customer_segmentation.sample_lender.latents import planted_bayes_ari
from customer_segmentation.sample_lender.not_taken_up import not_taken_up
from customer_segmentation.sample_lender.simulate import ENTITIES, simulate_chunk

CHUNK_CUSTOMERS = 10_000
TRUTH = "_truth"
MANIFEST = "generation.json"
MADE_BY = "customer_segmentation.sample_lender"
ROW_GROUP_ROWS = 500_000
# Values that never repeat would only bloat a dictionary.
SEQUENTIAL = frozenset({"transaction_id", "contact_id", "application_id"})


class FolderNotOursError(Exception):
    """The output folder holds files that this generator did not write."""


def _prepare(out_dir: Path, *, force: bool) -> None:
    manifest = out_dir / TRUTH / MANIFEST
    if out_dir.exists() and any(out_dir.iterdir()):
        ours = manifest.exists() and json.loads(manifest.read_text()).get("made_by") == MADE_BY
        if not (ours or force):
            raise FolderNotOursError(
                f"{out_dir} is not empty and was not made by this generator. Choose another "
                "folder, or pass --force to replace the sample's own subfolders in it."
            )
        for name in (*ENTITIES, TRUTH):
            shutil.rmtree(out_dir / name, ignore_errors=True)
    (out_dir / TRUTH).mkdir(parents=True, exist_ok=True)


def _write_table(table: pa.Table, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    names = table.schema.names
    plain = [name for name in names if name in SEQUENTIAL]
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=9,
        use_dictionary=[name for name in names if name not in SEQUENTIAL],
        column_encoding=dict.fromkeys(plain, "DELTA_BYTE_ARRAY") or None,
        row_group_size=ROW_GROUP_ROWS,
    )


def write_chunk(
    out_dir: Path, seed: int, chunk: int, first_number: int, customers: int
) -> dict[str, int]:
    """Simulate, spoil and write one chunk; return the rows written by entity."""
    made = simulate_chunk(seed, chunk, first_number, customers)
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(chunk, 1)))
    tables, planted = add_dirt(made.tables, rng)
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(chunk, 2)))
    extra = not_taken_up(made.tables["loan_applications"], made.tables["customers"], rng)
    tables["loan_applications"] = pa.concat_tables([tables["loan_applications"], extra])
    part = f"part-{chunk:05d}.parquet"
    for entity, table in tables.items():
        _write_table(table, out_dir / entity / part)
    _write_table(made.truth, out_dir / TRUTH / f"customer_types-{chunk:05d}.parquet")
    dirt = pa.concat_tables([planted, made.special_codes])
    _write_table(dirt, out_dir / TRUTH / f"planted_dirt-{chunk:05d}.parquet")
    return {entity: table.num_rows for entity, table in tables.items()}


def _join_truth(out_dir: Path, name: str, chunks: int) -> None:
    """Stream the parts of a truth file into one, a chunk at a time."""
    parts = [out_dir / TRUTH / f"{name}-{chunk:05d}.parquet" for chunk in range(chunks)]
    schema = pq.read_schema(parts[0])
    with pq.ParquetWriter(
        out_dir / TRUTH / f"{name}.parquet", schema, compression="zstd", compression_level=9
    ) as writer:
        for part in parts:
            writer.write_table(pq.read_table(part))
            part.unlink()


def generate(
    out_dir: str | Path,
    *,
    customers: int,
    seed: int,
    chunk_customers: int = CHUNK_CUSTOMERS,
    workers: int = 1,
    progress: bool = True,
    force: bool = False,
) -> dict[str, int]:
    """Make a lender.

    The same seed, customers and chunk size give the same rows, whatever the workers.

    Parameters
    ----------
    out_dir : str or Path
        Folder for one subfolder per entity and the truth.
    customers : int
        Customers ever seen, at least 1.
    seed : int
        Seeds every draw.
    chunk_customers : int
        Customers per chunk and Parquet part; memory grows with it.
    workers : int
        Processes that share the chunks.
    progress : bool
        Show a progress bar.
    force : bool
        Write into a folder that holds other files.

    Returns
    -------
    dict of str to int
        Rows written by entity.

    Raises
    ------
    ValueError
        If a count is out of range.
    FolderNotOursError
        If the folder holds other files and ``force`` is not set.
    """
    for name, value in (
        ("customers", customers),
        ("chunk_customers", chunk_customers),
        ("workers", workers),
    ):
        if value < 1:
            raise ValueError(f"{name} must be at least 1, not {value}.")
    out_dir = Path(out_dir)
    _prepare(out_dir, force=force)
    firsts = range(1, customers + 1, chunk_customers)
    jobs = [
        (out_dir, seed, chunk, first, min(chunk_customers, customers - first + 1))
        for chunk, first in enumerate(firsts)
    ]
    rows = dict.fromkeys(ENTITIES, 0)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, disable=not progress) as bar:
        task = bar.add_task("Customers", total=customers)

        def count(job: tuple[Path, int, int, int, int], written: dict[str, int]) -> None:
            for entity, number in written.items():
                rows[entity] += number
            bar.advance(task, job[-1])

        if workers == 1 or len(jobs) == 1:
            for job in jobs:
                count(job, write_chunk(*job))
        else:
            with ProcessPoolExecutor(max_workers=workers) as pool:
                results = pool.map(write_chunk, *zip(*jobs, strict=True))
                for job, written in zip(jobs, results, strict=True):
                    count(job, written)
    for name in ("customer_types", "planted_dirt"):
        _join_truth(out_dir, name, len(jobs))
    manifest = {
        "made_by": MADE_BY,
        "seed": seed,
        "customers": customers,
        "chunk_customers": chunk_customers,
        "history_start_on": str(economics.HISTORY_START),
        "history_end_on": str(economics.HISTORY_END),
        "parameters_sha256": economics.parameters_hash(),
        "bayes_adjusted_rand_index": round(planted_bayes_ari(), 4),
        "row_counts": rows,
    }
    (out_dir / TRUTH / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
    return rows
