"""The segmentation tables: columns and types after a build, and how versions behave.

dbt can't contract a Python model, so the first test does. The others call what the models
call, on a small lender with every kind of feature.
"""

from pathlib import Path
from types import SimpleNamespace

import duckdb
import jinja2
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import yaml

from customer_segmentation import segment_tables as tables
from customer_segmentation.segment_model import fit_segments

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "models" / "segmentation"
SCHEMAS = {
    "segment_k_scan": tables.K_SCAN,
    "segment_models": tables.MODELS,
    "segment_model_dimensions": tables.DIMENSIONS,
    "segment_model_centroids": tables.CENTROIDS,
    "segment_lineage": tables.LINEAGE,
    "segments": tables.SEGMENTS,
    "segment_scores": tables.SEGMENTS,
    "segment_feature_treatment": tables.TREATMENT,
    "segment_stability": tables.STABILITY,
    "feature_drift": tables.FEATURE_DRIFT,
    "segment_drift": tables.SEGMENT_DRIFT,
    "segment_feature_effects": tables.EFFECTS,
    "segment_rules": tables.RULES,
    "segment_names": tables.NAMES,
    "segment_baselines": tables.BASELINES,
    "segment_projection": tables.PROJECTION,
    "segment_projection_loadings": tables.LOADINGS,
}
TYPES = {
    pa.string(): "VARCHAR",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.date32(): "DATE",
}
SCAN = {
    "seed": 1,
    "k_minimum": 2,
    "k_maximum": 4,
    "fixed_k": 3,
    "minimum_share": 0.05,
    "minimum_customers": 1,
    "sample_size": 2_000,
    "refit": False,
}
CATALOGUE = pd.DataFrame(
    [
        ("credit_limit_amount", "capacity", "not_a_holder", "median", "log", True, False),
        ("utilisation_ratio", "utilisation", "unknown", "median", "power", True, False),
        ("saving_ratio", "liquidity", "unknown", "zero", "power", True, False),
        ("payment_ratio", "repayment", "unknown", "median", "logit", True, False),
        ("products_held_count", "holdings", "unknown", "zero", "none", True, False),
        ("home", "tenure", "unknown", "median", "nominal", True, False),
        ("bureau_score", "bureau", "unknown", "median", "none", True, False),
        ("age_years", "tenure", "unknown", "median", "none", False, True),
    ],
    columns=[
        "feature", "family", "null_meaning", "imputation", "transform", "is_clustering",
        "is_protected",
    ],
)  # fmt: skip
PLAYBOOK = pd.DataFrame(
    [("Savers", 10, "saving_ratio >= 0.4", "Put money aside.")],
    columns=["name", "priority", "conditions", "description"],
)
SETTINGS = pd.DataFrame(
    [("sample", "en_GB", "EUR")], columns=["source", "report_locale", "report_currency"]
)
NO_OVERRIDES = pd.DataFrame(
    columns=["segment_id", "segment_name", "segment_description"], dtype="str"
)


def build(database: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[str, str]]]:
    """Return the columns of every table in marts."""
    found: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in database.execute(
        "select table_name, column_name, data_type from information_schema.columns "
        "where table_schema = 'marts' order by table_name, ordinal_position"
    ).fetchall():
        found.setdefault(table, []).append((column, kind))
    return found


def test_columns_and_types_after_a_build(built_sample):
    with duckdb.connect(str(built_sample), read_only=True) as database:
        found = build(database)
    for name, schema in SCHEMAS.items():
        assert found[name] == [(field.name, TYPES[field.type]) for field in schema], name


def test_every_column_of_every_table_is_described_with_its_type():
    described = yaml.safe_load((FOLDER / "_segmentation__models.yml").read_text())["models"]
    by_name = {model["name"]: model for model in described}
    assert {path.stem for path in FOLDER.iterdir() if path.suffix in (".py", ".sql")} == set(
        by_name
    )
    for name, schema in SCHEMAS.items():
        columns = [(one["name"], one["data_type"].upper()) for one in by_name[name]["columns"]]
        assert columns == [(field.name, TYPES[field.type]) for field in schema], name
        assert all(one["description"] for one in by_name[name]["columns"])


def lender(n_rows=400, seed=0, dates=("2025-09-30", "2025-12-31")):
    """Return features with nulls, negatives, heavy tails and text at two dates."""
    frames = []
    for number, date in enumerate(dates):
        generator = np.random.default_rng(seed + number)
        group = np.arange(n_rows) % 3
        centre = np.array([-1.0, 0.0, 1.5])[group]
        limit = np.exp(9 + centre + 0.2 * generator.normal(size=n_rows))
        frames.append(
            pd.DataFrame(
                {
                    "customer_id": [f"C{i:04d}" for i in range(n_rows)],
                    "observation_date": pd.Timestamp(date).date(),
                    "history_months": 12,
                    "credit_limit_amount": np.where(generator.random(n_rows) < 0.2, np.nan, limit),
                    "utilisation_ratio": np.exp(centre + generator.normal(0, 0.3, n_rows)),
                    "saving_ratio": centre + generator.standard_t(3, n_rows),
                    "payment_ratio": np.clip(0.5 + 0.3 * centre, 0, 1)
                    * generator.uniform(0.5, 1, n_rows),
                    "products_held_count": generator.poisson(2 + group),
                    "home": np.where(
                        generator.random(n_rows) < 0.1,
                        None,
                        np.where(generator.random(n_rows) < 0.5, "own", "it's rented"),
                    ),
                    "bureau_score": np.nan,
                    "age_years": generator.uniform(20, 80, n_rows),
                }
            )
        )
    features = pd.concat(frames, ignore_index=True)
    features["products_held_count"] = features["products_held_count"].astype("int32")
    return features


class Warehouse:
    """The relations that the dbt models would be given."""

    def __init__(self, features, catalogue=CATALOGUE, threads=2):
        self.connection = duckdb.connect()
        self.connection.execute(f"set threads = {threads}")
        population = features[["customer_id", "observation_date"]].assign(is_eligible=True)
        population.loc[population.index[::50], "is_eligible"] = False
        self.put("customer_features", features)
        self.put("segment_population", population)
        self.put("feature_catalogue", catalogue)
        self.put("segment_playbook", PLAYBOOK)
        self.put("segment_name_overrides", NO_OVERRIDES)
        self.put("report_settings", SETTINGS)

    def put(self, name, table):
        self.connection.register("incoming", table)
        self.connection.execute(f"create or replace table {name} as select * from incoming")
        self.connection.unregister("incoming")

    def append(self, name, table):
        if name in {row[0] for row in self.connection.execute("show tables").fetchall()}:
            self.connection.register("incoming", table)
            self.connection.execute(f"insert into {name} select * from incoming")
            self.connection.unregister("incoming")
        else:
            self.put(name, table)

    def get(self, name):
        try:
            return self.connection.table(name)
        except duckdb.CatalogException:
            return None

    def customers(self):
        return self.get("customer_features"), self.get("segment_population")

    def fit(self, *, approved_version=None, **changes):
        """Do what a build does to the scan and the models."""
        scan = tables.k_scan_table(
            *self.customers(), self.get("feature_catalogue"), self.get("segment_k_scan"),
            **{**SCAN, **changes},
        )  # fmt: skip
        self.append("segment_k_scan", scan)
        models = tables.models_table(
            *self.customers(), self.get("feature_catalogue"), self.get("segment_k_scan"),
            self.get("segment_models"), minimum_overlap=0.5, approved_version=approved_version,
        )  # fmt: skip
        self.put("segment_models", models)
        return scan, models

    def segments(self):
        return tables.segments_table(*self.customers(), self.get("segment_models"))


@pytest.fixture(scope="module")
def fitted():
    warehouse = Warehouse(lender())
    warehouse.fit()
    return warehouse


def sql_scores(warehouse):
    """Run models/segmentation/segment_scores.sql as dbt would compile it."""
    warehouse.put(
        "segment_model_dimensions", tables.dimensions_table(warehouse.get("segment_models"))
    )
    warehouse.put(
        "segment_model_centroids", tables.centroids_table(warehouse.get("segment_models"))
    )

    def run_query(query):
        cursor = warehouse.connection.execute(query)
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        column = SimpleNamespace(values=lambda: [row[names[0]] for row in rows])
        return SimpleNamespace(rows=rows, columns=[column])

    sql = jinja2.Template((FOLDER / "segment_scores.sql").read_text()).render(
        ref=lambda name: name,
        execute=True,
        load_relation=lambda name: name,
        run_query=run_query,
        dbt=SimpleNamespace(type_string=lambda: "varchar"),
    )
    return warehouse.connection.sql(sql).order("customer_id, observation_date").df()


@pytest.mark.parametrize("k", [1, 2, 3])
def test_plain_sql_scores_like_python_with_every_kind_of_feature(k):
    warehouse = Warehouse(lender())
    warehouse.fit(fixed_k=k)
    kinds = warehouse.get("segment_models") and {
        row.kind + "/" + row.transform
        for row in tables.approved_model(warehouse.get("segment_models")).representation.dimensions
    }
    assert kinds == {
        "value/log", "value/power", "value/logit", "value/none", "missing/none", "category/none",
    }  # fmt: skip
    python, sql = warehouse.segments().to_pandas(), sql_scores(warehouse)
    assert len(python) == len(sql) == 784
    for column in ("customer_id", "segment_id", "runner_up_segment_id", "is_outlier"):
        assert python[column].fillna("none").tolist() == sql[column].fillna("none").tolist()
    for column in ("distance_to_centroid", "assignment_margin"):
        np.testing.assert_allclose(sql[column], python[column], atol=1e-9)


def test_rows_in_any_order_and_threads_of_any_number_give_the_same_bytes():
    features = lender()
    answers = []
    for threads, order in ((1, 1), (2, 7)):
        warehouse = Warehouse(features.sample(frac=1, random_state=order), threads=threads)
        population = features[["customer_id", "observation_date"]].assign(is_eligible=True)
        warehouse.put("segment_population", population.sample(frac=1, random_state=order + 1))
        warehouse.put("feature_catalogue", CATALOGUE.sample(frac=1, random_state=order))
        warehouse.fit(fixed_k=None)
        answers.append((warehouse.segments(), warehouse.get("segment_models").fetchall()))
    assert answers[0][0].equals(answers[1][0])
    assert answers[0][1] == answers[1][1]


def test_build_without_reason_fits_nothing(fitted):
    scan, models = fitted.fit()
    assert scan.num_rows == 0
    assert scan.schema == tables.K_SCAN
    assert models.num_rows == 1


def test_refit_of_the_same_customers_keeps_all_ids():
    warehouse = Warehouse(lender())
    warehouse.fit()
    before = warehouse.segments().to_pandas()
    scan, models = warehouse.fit(refit=True)
    assert set(scan["fit_reason"].to_pylist()) == {"a refit was asked for"}
    table = models.to_pandas().set_index("segment_model_version")
    assert table["status"].to_dict() == {1: "superseded", 2: "approved"}
    assert table.loc[2, "kept_customers_ratio"] == 1.0
    after = warehouse.segments().to_pandas()
    assert before["segment_id"].tolist() == after["segment_id"].tolist()
    assert set(after["segment_model_version"]) == {2}
    lineage = tables.lineage_table(warehouse.get("segment_models")).to_pandas()
    assert lineage.groupby("segment_model_version")["event"].unique().map(list).to_dict() == {
        1: ["new"], 2: ["kept"],
    }  # fmt: skip


def test_changed_feature_list_fits_a_new_version():
    warehouse = Warehouse(lender())
    warehouse.fit()
    warehouse.put("feature_catalogue", CATALOGUE[CATALOGUE["feature"] != "home"])
    scan, models = warehouse.fit()
    assert set(scan["fit_reason"].to_pylist()) == {"the feature list changed"}
    assert models.num_rows == 2


def test_pinned_version_scores_and_an_unknown_one_is_refused():
    warehouse = Warehouse(lender())
    warehouse.fit()
    _, models = warehouse.fit(refit=True, fixed_k=2, approved_version=1)
    assert models["status"].to_pylist() == ["approved", "waiting"]
    assert set(warehouse.segments()["segment_model_version"].to_pylist()) == {1}
    with pytest.raises(ValueError, match=r"approved_segment_model_version is 9.*\[1, 2\]"):
        warehouse.fit(approved_version=9)


def test_fit_uses_the_eligible_at_the_latest_date_and_scores_every_date(fitted):
    model = tables.approved_model(fitted.get("segment_models"))
    assert model.observation_date == "2025-12-31"
    assert model.population_count == 392
    assert fitted.segments().num_rows == 784


def test_customers_new_since_the_fit_are_scored_and_nobody_else_changes(fitted):
    before = fitted.segments().to_pandas()
    newcomer = lender(1, seed=5, dates=("2026-03-31",)).assign(customer_id="new")
    later = Warehouse(pd.concat([newcomer, lender()], ignore_index=True))
    known = fitted.get("segment_population").df()
    arrived = newcomer[["customer_id", "observation_date"]].assign(is_eligible=True)
    later.put("segment_population", pd.concat([known, arrived], ignore_index=True))
    later.put("segment_k_scan", fitted.get("segment_k_scan").to_arrow_table())
    later.put("segment_models", fitted.get("segment_models").to_arrow_table())
    later.fit()
    after = later.segments().to_pandas()
    assert after["customer_id"].tolist().count("new") == 1
    shared = after[after["customer_id"] != "new"].reset_index(drop=True)
    pd.testing.assert_frame_equal(shared.merge(before[["customer_id", "observation_date"]]), before)


def test_missing_column_of_the_approved_model_is_named(fitted):
    lacking = fitted.get("customer_features").project("* exclude (utilisation_ratio)")
    with pytest.raises(ValueError, match="needs utilisation_ratio"):
        tables.segments_table(
            lacking, fitted.get("segment_population"), fitted.get("segment_models")
        )


def test_no_eligible_customer_is_a_clear_error(fitted):
    nobody = fitted.get("segment_population").project(
        "* replace (false as is_eligible), 'history too short' as exclusion_reason"
    )
    with pytest.raises(ValueError, match=r"of the customers on \S+, \d+ history too short"):
        tables.k_scan_table(
            fitted.get("customer_features"), nobody, fitted.get("feature_catalogue"), None, **SCAN
        )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"k_minimum": 1}, "segment_k_minimum"),
        ({"k_minimum": 5, "k_maximum": 4}, "segment_k_maximum"),
        ({"fixed_k": 4_000}, "segment_k is 4000, but there are 392 distinct customers"),
    ],
)
def test_bounds_that_make_no_sense_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        Warehouse(lender()).fit(**changes)


def test_a_segment_that_could_not_be_shown_is_not_chosen():
    warehouse = Warehouse(lender())
    wanted, _ = warehouse.fit(fixed_k=None)
    customers = wanted["population_count"][0].as_py()
    refused, _ = Warehouse(lender()).fit(fixed_k=None, minimum_customers=customers)
    assert wanted["chosen_k"][0].as_py() > 1
    assert refused["chosen_k"][0].as_py() == 1
    assert refused["verdict"][0].as_py() == "no structure"


def test_fixed_k_says_so_and_what_the_scan_would_have_chosen(fitted):
    scan = fitted.get("segment_k_scan").df()
    assert scan["is_fixed"].all()
    assert set(scan["chosen_k"]) == {3}
    assert scan["scan_k_choice"].nunique(dropna=False) == 1


def test_too_few_customers_make_one_segment_and_say_why():
    warehouse = Warehouse(lender(2, dates=("2025-12-31",)))
    warehouse.put(
        "segment_population",
        warehouse.get("segment_population").project("* replace (true as is_eligible)").df(),
    )
    scan, models = warehouse.fit(fixed_k=None)
    assert scan["verdict"].to_pylist() == ["no structure"]
    assert "too few" in scan["reason"].to_pylist()[0]
    assert models["segments_count"].to_pylist() == [1]


def test_structureless_customers_fall_back_to_one_segment():
    generator = np.random.default_rng(1)
    features = lender(600, dates=("2025-12-31",))
    for name in ("credit_limit_amount", "utilisation_ratio", "saving_ratio", "payment_ratio"):
        features[name] = generator.uniform(size=600)
    features["products_held_count"] = 1
    features["home"] = "own"
    warehouse = Warehouse(features)
    scan, models = warehouse.fit(fixed_k=None, k_maximum=3)
    if set(scan["verdict"].to_pylist()) == {"no structure"}:
        assert models["segments_count"].to_pylist() == [1]
        assert warehouse.segments()["runner_up_segment_id"].null_count == 588
    else:
        assert set(scan["verdict"].to_pylist()) == {"stable partition"}


def test_tables_that_the_fit_determines_grow_only_with_a_fit(fitted):
    customers = fitted.customers()
    catalogue, models = fitted.get("feature_catalogue"), fitted.get("segment_models")
    made = {
        "stability": lambda existing: tables.stability_table(
            *customers, catalogue, models, existing, n_bootstraps=2, sample_size=300
        ),
        "effects": lambda existing: tables.effects_table(*customers, catalogue, models, existing),
        "rules": lambda existing: tables.rules_table(*customers, models, existing, sample_size=300),
        "projection": lambda existing: tables.projection_table(
            *customers, models, existing, n_points=100
        ),
        "loadings": lambda existing: tables.loadings_table(*customers, models, existing),
    }
    for name, make in made.items():
        first = make(None)
        assert first.num_rows > 0, name
        fitted.put(name, first)
        assert make(fitted.get(name)).num_rows == 0, name
    assert "customer_id" not in tables.PROJECTION.names
    assert fitted.get("projection").count("*").fetchone() == (100,)


def test_name_stays_with_the_id_until_people_change_it(fitted):
    effects = tables.effects_table(
        *fitted.customers(), fitted.get("feature_catalogue"), fitted.get("segment_models"), None
    )
    fitted.put("segment_feature_effects", effects)

    def names(existing):
        made = tables.names_table(
            fitted.get("segment_feature_effects"), fitted.get("feature_catalogue"),
            fitted.get("segment_playbook"), fitted.get("segment_name_overrides"),
            fitted.get("report_settings"), existing,
        )  # fmt: skip
        fitted.put("segment_names", made)
        return made.to_pandas().set_index("segment_id")["segment_name"].to_dict()

    first = names(None)
    saver = next(one for one, name in first.items() if name == "Savers")
    fitted.put("segment_playbook", PLAYBOOK.assign(name="Renamed"))
    assert names(fitted.get("segment_names")) == first
    override = pd.DataFrame([(saver, "Ours", "We say so.")], columns=list(NO_OVERRIDES.columns))
    fitted.put("segment_name_overrides", override)
    assert names(fitted.get("segment_names"))[saver] == "Ours"
    fitted.put("segment_name_overrides", NO_OVERRIDES)
    assert names(fitted.get("segment_names")) == first


def test_drift_is_nil_at_the_fit_and_seen_where_a_feature_moved(fitted):
    drift = tables.feature_drift_table(
        *fitted.customers(), fitted.get("segment_models")
    ).to_pandas()
    at_fit = drift[drift["observation_date"] == pd.Timestamp("2025-12-31").date()]
    assert (at_fit["population_stability_index"] == 0.0).all()
    moved = fitted.get("customer_features").project("* replace (saving_ratio + 2 as saving_ratio)")
    later = tables.feature_drift_table(
        moved, fitted.get("segment_population"), fitted.get("segment_models")
    ).to_pandas()
    verdicts = later.set_index(["feature", "observation_date"])["verdict"]
    assert (verdicts["saving_ratio"] == "large").all()
    fitted.put("segments", fitted.segments())
    shares = tables.segment_drift_table(
        fitted.get("segments"), fitted.get("segment_models")
    ).to_pandas()
    assert shares.groupby("observation_date")["share_ratio"].sum().tolist() == [1.0, 1.0]
    assert shares["customers_count"].sum() == 784


def test_baselines_use_mature_scorable_outcomes_alone(fitted):
    features = fitted.get("customer_features").df()
    generator = np.random.default_rng(0)
    outcomes = features[["customer_id", "observation_date"]].assign(
        is_mature=features["observation_date"] < features["observation_date"].max(),
        is_default=generator.random(len(features)) < features["utilisation_ratio"] / 10,
    )
    fitted.put("customer_outcomes", outcomes)

    def baselines():
        return tables.baselines_table(
            *fitted.customers(), fitted.get("customer_outcomes"), fitted.get("feature_catalogue"),
            fitted.get("segment_models"), None, n_bootstraps=5, sample_size=10_000,
        ).to_pandas()  # fmt: skip

    table = baselines()
    assert len(table) == 4  # there is no score in this source
    counted = table["fit_customers_count"] + table["held_out_customers_count"]
    assert (counted == 392).all()
    assert {str(date) for date in table["observation_date"]} == {"2025-09-30"}
    fitted.put("customer_outcomes", outcomes.assign(is_mature=False))
    assert baselines().empty


def test_model_fitted_by_hand_equals_the_one_in_the_table(fitted):
    _, columns = tables.fit_population(*fitted.customers())
    model = fit_segments(columns, CATALOGUE, k=3, seed=1, observation_date="2025-12-31")
    assert model == tables.approved_model(fitted.get("segment_models"))
