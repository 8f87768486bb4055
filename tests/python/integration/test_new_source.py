"""A fourth source is a new folder in models/staging and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from tests.python.conftest import Project

ENABLED = "{{ config(enabled=var('source') == 'acme') }}\n\n"
ABSENT = (
    "transactions",
    "loan_applications",
    "loans",
    "instalments",
    "bureau_reports",
    "campaigns",
    "campaign_contacts",
    "default_reports",
)
FILES = {
    "_acme__sources.yml": """\
version: 2

sources:
  - name: acme
    config:
      enabled: "{{ var('source') == 'acme' }}"
    tables:
      - name: people
        config:
          meta:
            external_location: >-
              read_csv('{{ var("data_dir") }}/people/*.txt', delim = '|', header = true,
              encoding = 'CP1250', all_varchar = true)
        columns: [{name: number}, {name: town}]
      - name: statements
        config:
          meta:
            external_location: read_parquet('{{ var("data_dir") }}/statements.parquet')
        columns: [{name: person}, {name: month}, {name: owed}, {name: ceiling}, {name: late}]
""",
    "base_acme__people.sql": ENABLED
    + """
select
    number as row_key,
    number as customer_id,
    town,
    case when nullif(trim(number), '') is null then 'missing key: number' end as rejection_reason,
    case when nullif(trim(number), '') is null then {{ row_as_json('people') }} end as raw_row
from {{ source('acme', 'people') }} as people
""",
    "base_acme__statements.sql": ENABLED
    + """
select
    person || ' ' || month as row_key,
    person as customer_id,
    try_cast(month as date) as month_end_on,
    try_cast(owed as decimal(18, 2)) as balance_amount,
    try_cast(ceiling as decimal(18, 2)) as limit_amount,
    try_cast(late as integer) as dpd,
    case
        when try_cast(owed as decimal(18, 2)) is null then 'unreadable number: owed'
    end as rejection_reason,
    case
        when try_cast(owed as decimal(18, 2)) is null then {{ row_as_json('statements') }}
    end as raw_row
from {{ source('acme', 'statements') }} as statements
""",
    "stg_acme__customers.sql": ENABLED
    + """
select
    customer_id,
    cast(null as date) as birth_on,
    cast(null as varchar) as sex,
    cast(null as varchar) as marital_status,
    cast(null as integer) as dependants_count,
    cast(null as varchar) as employment_status,
    cast(null as decimal(18, 2)) as gross_annual_income_amount,
    cast(null as varchar) as home_ownership,
    town as region,
    cast(null as varchar) as acquisition_channel,
    cast(null as date) as customer_since_on,
    cast(null as boolean) as has_email_consent,
    cast(null as boolean) as has_sms_consent,
    cast(null as boolean) as has_phone_consent,
    cast(null as boolean) as has_post_consent
from {{ ref('base_acme__people') }}
where rejection_reason is null
""",
    "stg_acme__accounts.sql": ENABLED
    + """
select
    'card_' || customer_id as account_id,
    customer_id,
    'credit_card' as product_type,
    cast(null as date) as opened_on,
    cast(null as date) as closed_on
from {{ ref('stg_acme__customers') }}
""",
    "stg_acme__account_months.sql": ENABLED
    + """
select
    'card_' || customer_id as account_id,
    month_end_on,
    balance_amount,
    limit_amount,
    cast(null as decimal(18, 2)) as payment_amount,
    cast(null as decimal(18, 2)) as minimum_due_amount,
    dpd
from {{ ref('base_acme__statements') }}
where rejection_reason is null
""",
    "stg_acme__rejected_rows.sql": ENABLED + "{{ rejected_rows(['people', 'statements']) }}\n",
    "stg_acme__row_accounting.sql": ENABLED + "{{ row_accounting(['people', 'statements']) }}\n",
    **{
        f"stg_acme__{entity}.sql": "{{ config(enabled=var('source') == 'acme', "
        f"meta={{'absent_because': 'acme lends on cards alone'}}) }}}}\n\n"
        f"{{{{ absent_entity('{entity}') }}}}\n"
        for entity in ABSENT
    },
}


def test_new_source_needs_only_its_staging_folder(project: Project, tmp_path: Path) -> None:
    staging = project.folder / "models" / "staging" / "acme"
    staging.mkdir()
    for name, text in FILES.items():
        (staging / name).write_text(text)

    data = tmp_path / "acme"
    people, statements = made_up(seed=7, customers_count=60, months=14)
    (data / "people").mkdir(parents=True)
    for part, rows in enumerate(np.array_split(people, 2)):
        text = pd.DataFrame(rows, columns=["number", "town"]).to_csv(sep="|", index=False)
        (data / "people" / f"part{part}.txt").write_bytes(text.encode("cp1250"))
    statements.to_parquet(data / "statements.parquet")

    settings = {"performance_months": 3, "maximum_rejected_share": 0.1}
    project.build("acme", "--data-dir", str(data), "--vars", json.dumps(settings))

    with duckdb.connect(str(project.published("acme")), read_only=True) as connection:
        latest = "observation_date = (select max(observation_date) from marts.segments)"
        assert connection.sql(f"select count(*) from marts.segments where {latest}").fetchall() == [
            (60,)
        ]
        refused = connection.sql(
            "select entity, reason, row_count from marts.data_quality_summary"
            " where row_status = 'rejected'"
        ).fetchall()
    assert refused == [("statements", "unreadable number", 1)]
    with duckdb.connect(str(project.working("acme")), read_only=True) as connection:
        rejected = connection.sql(
            "select entity, reason, column_name, raw_row from governance.rejected_rows"
        ).fetchall()
        towns = connection.sql(
            "select distinct region from lender.customer_protected_attributes order by 1"
        ).fetchall()
    assert [row[:3] for row in rejected] == [("statements", "unreadable number", "owed")]
    assert json.loads(rejected[0][3])["owed"] == "?"
    assert towns == [("Brno",), ("Příbram",)]


def made_up(*, seed: int, customers_count: int, months: int) -> tuple[list, pd.DataFrame]:
    """People in two towns, half of them deep in their limits and late."""
    generator = np.random.default_rng(seed)
    people = [(str(n), ["Příbram", "Brno"][n % 2]) for n in range(customers_count)]
    month_ends = pd.date_range("2024-01-31", periods=months, freq="ME").strftime("%Y-%m-%d")
    rows = []
    for number, _ in people:
        strained = int(number) % 2
        for month in month_ends:
            ceiling = 1000 + 10 * int(number)
            share = np.clip(generator.normal(0.8 if strained else 0.2, 0.1), 0, 1)
            late = 30 * int(generator.random() < (0.3 if strained else 0.01))
            rows.append((number, month, f"{share * ceiling:.2f}", str(ceiling), str(late)))
    rows.append(("0", "2024-01-01", "?", "1000", "0"))
    return people, pd.DataFrame(rows, columns=["person", "month", "owed", "ceiling", "late"])
