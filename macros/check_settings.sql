{#- Settings that a user can get wrong, checked before anything runs. -#}
{% macro check_settings() -%}
    {%- if execute -%}
        {%- for name, least in [
            ('window_months', 1), ('performance_months', 1), ('minimum_history_months', 0)
        ] -%}
            {%- set value = source_setting(name) -%}
            {%- if value is not integer or value < least -%}
                {{ exceptions.raise_compiler_error(
                    "var '" ~ name ~ "' is " ~ value ~ "; it must be a whole number of months from "
                    ~ least ~ "."
                ) }}
            {%- endif -%}
        {%- endfor -%}
        {%- for date in var('observation_dates') -%}
            {%- set found = run_query("select try_cast('" ~ (date | string | replace("'", "''")) ~ "' as date) is null") -%}
            {%- if found.rows[0][0] -%}
                {{ exceptions.raise_compiler_error(
                    "var 'observation_dates' holds '" ~ date ~ "', which is no date. Write it as yyyy-mm-dd."
                ) }}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
