-- The interval of a difference equals table II of Newcombe (1998), method 10. A row means that every
-- interval beside an incremental response rate is wrong.
with

published as (
    select
        successes,
        trials,
        other_successes,
        other_trials,
        lower_bound,
        upper_bound
    from (
        values
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (10, 10, 0, 20, 0.6791, 1.0000),
        (10, 10, 0, 10, 0.6075, 1.0000)
    ) as published ( -- noqa: AL05
        successes, trials, other_successes, other_trials, lower_bound, upper_bound
    )
),

calculated as (
    select
        *,
        {{ newcombe_lower(
            ratio('successes', 'trials'),
            wilson_lower('successes', 'trials'),
            wilson_upper('successes', 'trials'),
            ratio('other_successes', 'other_trials'),
            wilson_lower('other_successes', 'other_trials'),
            wilson_upper('other_successes', 'other_trials')
        ) }} as calculated_lower,
        {{ newcombe_upper(
            ratio('successes', 'trials'),
            wilson_lower('successes', 'trials'),
            wilson_upper('successes', 'trials'),
            ratio('other_successes', 'other_trials'),
            wilson_lower('other_successes', 'other_trials'),
            wilson_upper('other_successes', 'other_trials')
        ) }} as calculated_upper
    from published
)

select *
from calculated
where
    -- Only where the project's intervals are the published 95%.
    abs({{ var('interval_z') }} - 1.959964) < 0.0001
    and (
        abs(calculated_lower - lower_bound) > 0.0001
        or abs(calculated_upper - upper_bound) > 0.0001
    )
