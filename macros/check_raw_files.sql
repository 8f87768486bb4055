{#- Stops the build, before it touches anything, where a raw file of the chosen source is missing,
    unreadable or lacks a column that models/staging/<source>/_<source>__sources.yml declares.
    All problems are named at once. -#}
{% macro check_raw_files() -%}
    {%- if execute -%}
        {%- set problems = [] -%}
        {%- for node in graph.sources.values() if node.source_name == var('source') -%}
            {%- set location = node.meta.external_location.replace('{name}', node.name) -%}
            {%- set path = modules.re.search("'([^']*)'", location).group(1) -%}
            {%- set found = run_query("select count(*) from glob('" ~ path ~ "')").rows[0][0] -%}
            {%- if not found -%}
                {%- do problems.append(
                    "no file matches '" ~ path ~ "' (raw table '" ~ node.name ~ "' of source '" ~ var('source')
                    ~ "'). Put it there, or point data_dir at the folder that holds it"
                ) -%}
            {%- else -%}
                {%- set present = run_query("select * from " ~ location ~ " limit 0").column_names
                    | map('lower') | list -%}
                {%- for column in node.columns if column | lower not in present -%}
                    {%- do problems.append(
                        "'" ~ path ~ "' has no column '" ~ column ~ "' (raw table '" ~ node.name
                        ~ "'). Its columns are: " ~ present | join(', ')
                    ) -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if problems -%}
            {{ exceptions.raise_compiler_error("Raw data is not as declared:\n- " ~ problems | join('\n- ')) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
