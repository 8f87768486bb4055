"""Run every benchmark but the large one, print the results and write docs/BENCHMARKS.md."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import duckdb

from customer_segmentation.benchmarks.known_k import run_known_k
from customer_segmentation.benchmarks.report import document, markdown_table
from customer_segmentation.benchmarks.sample import count_types, measure_recovery, measure_refits

SEED = 0


@click.command()
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    default=Path("../shared/data"),
    show_default=True,
    help="Folder with clustering/ (known-k sets) and taiwan/. What is absent is said to be.",
)
@click.option("--out", type=click.Path(path_type=Path), default=Path("docs/BENCHMARKS.md"))
def main(data_dir: Path, out: Path) -> None:
    """Measure recovery, refits, the choice of k and baselines; print and write the results."""
    sections = []
    for title, measure in (
        ("Recovery of the sample's planted types", sample_section),
        ("Baselines on taiwan", lambda: taiwan_section(data_dir / "taiwan")),
        ("The choice of k", lambda: known_k_section(data_dir / "clustering")),
    ):
        click.echo(f"Measuring: {title}")
        section = f"## {title}\n\n{measure()}"
        click.echo(section)
        sections.append(section)
    out.write_text(document(sections, command="make bench"), "utf-8")
    click.echo(f"Written: {out}")


def sample_section() -> str:
    """Say what the segments of the sample recover, and what refits keep."""
    truth = Path("data/sample/_truth")
    with _built("sample", {}) as connection:
        recovery = measure_recovery(connection, truth / "customer_types.parquet")
        types = count_types(connection, truth / "customer_types.parquet")
        seed, segments_count = connection.sql(
            "select seed, segments_count from marts.segment_models where is_approved"
        ).fetchall()[0]
        refits = measure_refits(
            connection, truth / "customer_types.parquet", k=segments_count, seed=seed
        )
    planted = json.loads((truth / "generation.json").read_text("utf-8"))
    return "\n\n".join(
        [
            "Adjusted Rand index (ARI) against the planted types, of the segments with the "
            "default settings and of the Bayes rule that knows the planted densities, on the same "
            "customers. The model is fitted at the latest date; earlier dates are scored with it. "
            "Over the whole planted population the Bayes rule reaches "
            f"{planted['bayes_adjusted_rand_index']:.3f}.",
            markdown_table(recovery),
            "Customers by planted type and segment at the latest date:",
            markdown_table(types.reset_index()),
            "Refits: customers whose planted type stayed, and the share of them whose segment id "
            "is the same at the first date under the first fit and at the second under the second. "
            "`same_data_kept_ratio` refits on the same data.",
            markdown_table(refits),
        ]
    )


def taiwan_section(data: Path) -> str:
    """Compare the segments' held-out Gini with simpler and supervised rules."""
    if not data.exists():
        return f"Not measured: the data set was not at `{data}`."
    with _built("taiwan", {"data_dir": str(data.resolve())}) as connection:
        baselines = connection.sql(
            """
            select method, detail, gini, gini_standard_error, information_value,
                smallest_group_ratio, fit_customers_count, held_out_customers_count
            from marts.segment_baselines
            order by gini desc
            """
        ).df()
        verdict = connection.sql("select any_value(reason) from marts.segment_k_scan").fetchall()
    return (
        "Fitted on one half of the customers, measured on the other; the segments never see the "
        f"outcome, the other rows but the score bands do. The scan said: {verdict[0][0]}\n\n"
        + markdown_table(baselines)
    )


def known_k_section(data: Path) -> str:
    """Count the exact hits of our rule and of the usual ones."""
    if not data.exists():
        return f"Not measured: the sets were not at `{data}`."
    results = run_known_k(data, seed=SEED)
    ours = results[results["rule"] == "ours"].set_index("set")["verdict"]
    hits = (
        results.assign(kind=results["true_k"].gt(0).map({True: "known_k", False: "no_structure"}))
        .groupby(["rule", "kind"])["is_right"]
        .sum()
        .unstack()
        .sort_values("known_k", ascending=False)
        .reset_index()
    )
    found = results.pivot(index=["true_k", "set"], columns="rule", values="k").reset_index()
    found["verdict"] = found["set"].map(ours)
    known = results[results["true_k"] > 0]["set"].unique()
    natural = int((ours[list(known)] == "natural clusters").sum())
    return "\n\n".join(
        [
            "Public sets whose k is known, K tried from 2 to 1.5 times the truth, and sets without "
            "structure, K from 2 to 10. `true_k` 0: no structure; 0 as an answer: none. On sets "
            "without structure a rule is right that gives no k; ours is right unless it calls "
            f"the clusters natural. Ours calls {natural} of the {len(known)} known sets natural.",
            markdown_table(hits),
            markdown_table(found),
        ]
    )


@contextmanager
def _built(source: str, variables: dict[str, str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """Build a source in a database of its own, so that no earlier fit is scored again."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / f"{source}.duckdb"
        done = subprocess.run(
            [
                str(Path(sys.executable).with_name("dbt")), "build", "--quiet",
                "--exclude-resource-type", "unit_test", "--target-path", folder,
                "--vars", json.dumps({"source": source, **variables}),
            ],
            env={**os.environ, "CUSTOMER_SEGMENTATION_DATABASE": str(database)},
            capture_output=True,
            text=True,
            check=False,
        )  # fmt: skip
        if done.returncode:
            raise click.ClickException(f"dbt build of {source} failed:\n{done.stdout}{done.stderr}")
        with duckdb.connect(str(database), read_only=True) as connection:
            yield connection


if __name__ == "__main__":
    main()
