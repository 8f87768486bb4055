"""The command line: build, publish, report, evidence."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import click
import duckdb
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from customer_segmentation.runner.errors import UserError

# A log has no width of its own: wide enough for a line a segment.
console = Console(width=None if sys.stdout.isatty() else 160)


class Group(click.Group):
    """A command group that ends a `UserError` in its message and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command and turn a `UserError` into its message."""
        try:
            return super().invoke(ctx)
        except UserError as error:
            Console(stderr=True).print(f"[red]Stopped.[/red] {escaped(error)}", soft_wrap=True)
            ctx.exit(1)


def escaped(error: UserError) -> str:
    """Give an error's text with nothing that Rich would read as markup."""
    return str(error).replace("[", r"\[")


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
def app() -> None:
    """Build, publish and read customer segments for lenders."""


source_option = click.option(
    "--source", default="sample", show_default=True, help="Which lender to read."
)
project_option = click.option(
    "--project-dir",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path(),
    help="Folder of dbt_project.yml (default: here).",
)


@app.command("build")
@source_option
@click.option("--data-dir", default=None, help="Folder of the source's raw files.")
@click.option("--vars", "variables", default="{}", help="More dbt vars, as JSON.")
@click.option(
    "--refit",
    is_flag=True,
    help="Fit a new model version instead of scoring with the approved one.",
)
@project_option
def build_command(
    source: str, data_dir: str | None, variables: str, refit: bool, project_dir: Path
) -> None:
    """Build and test every model, publish the result, document it and render the report."""
    from customer_segmentation.runner.build import build, document
    from customer_segmentation.runner.publish import publish, require_passed
    from customer_segmentation.runner.versions import (
        forget_versions_after,
        newest_version,
        restore_versions,
    )

    settings: dict[str, Any] = parsed(variables)
    if data_dir:
        # It stands inside single quotes in SQL.
        settings["data_dir"] = data_dir.replace("'", "''")
    if refit:
        settings["refit"] = True
    target_path = project_dir / "target" / source
    working = build_database(project_dir, source)
    published = published_database(project_dir, source)
    working.parent.mkdir(parents=True, exist_ok=True)
    restore_versions(working, published, models=project_dir / "models" / "segmentation")
    version = newest_version(working)
    with Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task(f"dbt build ({source})", total=None)

        def advance(done: int, total: int, name: str) -> None:
            bar.update(task, completed=done, total=total)
            if not console.is_terminal and (done % 50 == 0 or done == total):
                console.print(f"dbt build ({source}): {done} of {total}, {name}")

        try:
            build(
                project_dir,
                source=source,
                variables=settings,
                target_path=target_path.resolve(),
                database=working,
                progress=advance,
            )
        except BaseException:
            forget_versions_after(working, version)
            raise
    relations = require_passed(target_path, source=source)
    publish(working, published, relations=relations)
    document(project_dir, source=source, variables=settings, target_path=target_path.resolve())
    report_path = render(project_dir, source)
    summarise(published)
    console.print(f"Report:   {report_path}")
    console.print(f"Database: {published} (schema marts)")


@app.command("publish")
@source_option
@click.option(
    "--target-path",
    type=click.Path(path_type=Path),
    default=Path("target"),
    show_default=True,
    help="Where `dbt build` wrote run_results.json.",
)
@project_option
def publish_command(source: str, target_path: Path, project_dir: Path) -> None:
    """Publish what a plain `dbt build` built, if everything in it passed."""
    from customer_segmentation.runner.publish import publish, require_passed

    relations = require_passed(project_dir / target_path, source=source)
    publish(
        build_database(project_dir, source),
        published_database(project_dir, source),
        relations=relations,
    )
    console.print(f"Published {published_database(project_dir, source)}")


@app.command("report")
@source_option
@project_option
def report_command(source: str, project_dir: Path) -> None:
    """Render the HTML report from the published database."""
    console.print(f"Report: {render(project_dir, source)}")


@app.command("evidence")
@source_option
@project_option
def evidence_command(source: str, project_dir: Path) -> None:
    """Build the Evidence site from the published database (needs Node.js)."""
    from customer_segmentation.runner.evidence import build_evidence_site

    with console.status(f"Evidence site of {source}: a minute or two"):
        first_page = build_evidence_site(
            published_database(project_dir, source),
            templates=project_dir / "reports" / "templates",
            project_dir=project_dir / "reports",
            out_dir=project_dir / "reports" / "evidence" / source,
        )
    console.print(f"Evidence site: {first_page}")
    console.print(
        f"Read it at http://localhost:8000 with: python3 -m http.server -d {first_page.parent}",
        soft_wrap=True,
    )


def parsed(variables: str) -> dict[str, Any]:
    """Read the vars that a user gave as JSON."""
    try:
        settings = json.loads(variables)
    except json.JSONDecodeError as error:
        raise UserError(
            f"--vars is no JSON: {error}. Write it as '{{\"name\": value}}'."
        ) from error
    if not isinstance(settings, dict):
        raise UserError("--vars must be a JSON object of var names and values.")
    return settings


def build_database(project_dir: Path, source: str) -> Path:
    """Say which database dbt builds in; profiles.yml says the same."""
    default = project_dir / "warehouse" / "build" / f"{source}.duckdb"
    return Path(os.environ.get("CUSTOMER_SEGMENTATION_DATABASE", default))


def published_database(project_dir: Path, source: str) -> Path:
    """Say which database people read."""
    return project_dir / "warehouse" / f"{source}.duckdb"


def render(project_dir: Path, source: str) -> Path:
    """Render the report of a source and return its first page."""
    from customer_segmentation.reporting.site import render_site

    documentation = project_dir / "target" / source / "static_index.html"
    return render_site(
        published_database(project_dir, source),
        templates=project_dir / "reports" / "templates",
        out_dir=project_dir / "reports" / "html" / source,
        documentation=documentation if documentation.exists() else None,
    )


def summarise(database: Path) -> None:
    """Print a line for each segment at the latest observation date."""
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(
            """
            select
                segment_id, segment_name, customers_count, customers_share, default_rate,
                distinguishing_text, observation_date, risk_observation_date
            from marts.segment_overview
            order by segment_id
            """
        ).fetchall()
        coverage = connection.execute(
            """
            select coverage_status, coalesce(reason, ''), customers_count, raw_customers_count
            from marts.segment_coverage
            where observation_date = (select max(observation_date) from marts.segment_coverage)
            order by coverage_status != 'segmented', customers_count desc, reason
            """
        ).fetchall()
        model = connection.execute(
            """
            select segment_model_version, population_count, observation_date
            from marts.segment_models
            where is_approved
            """
        ).fetchone()
    table = Table(title=f"Segments on {rows[0][6]}" if rows else "No segments")
    for heading, justify in (
        ("Segment", "left"),
        ("Name", "left"),
        ("Customers", "right"),
        ("Share", "right"),
        ("Default rate", "right"),
        ("What sets it apart", "left"),
    ):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for segment_id, name, customers, share, default_rate, text, _, _ in rows:
        table.add_row(
            segment_id,
            name,
            "hidden (few)" if customers is None else f"{customers:,}",
            "" if share is None else f"{share:.1%}",
            "not available" if default_rate is None else f"{default_rate:.1%}",
            text,
        )
    console.print(table)
    if coverage:
        parts = [
            f"{count:,} {status}{reason and f' ({reason})'}"
            for status, reason, count, _ in coverage
        ]
        console.print(f"{coverage[0][3]:,} customers in: {', '.join(parts)}", soft_wrap=True)
    if model:
        version, fitted_on, date = model
        console.print(
            f"Segment model: version {version}, fitted on {fitted_on:,} customers as of {date} "
            "(`make refit` fits a new one)"
        )
