{#- A var's value for the chosen source: the var itself, or where it is a mapping of source to
    value, this source's entry or else the mapping's `default`. -#}
{% macro source_setting(name) -%}
    {%- set setting = var(name) -%}
    {%- if setting is mapping -%}
        {%- if var('source') not in setting and 'default' not in setting -%}
            {{ exceptions.raise_compiler_error(
                "var '" ~ name ~ "' has no entry for source '" ~ var('source')
                ~ "' and no default. Add one in dbt_project.yml or pass --vars '{" ~ name ~ ": ...}'."
            ) }}
        {%- endif -%}
        {{ return(setting.get(var('source'), setting.get('default'))) }}
    {%- endif -%}
    {{ return(setting) }}
{%- endmacro %}
