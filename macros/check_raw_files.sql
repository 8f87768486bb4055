{#- Stops the build, before it touches anything, where a raw file of the chosen source is missing,
    empty, unreadable or lacks columns that models/staging/<source>/_<source>__sources.yml declares.
    All problems are named at once. -#}
{% macro check_raw_files() -%}
    {%- if execute -%}
        {%- set problems = [] -%}
        {%- for node in graph.sources.values() if node.source_name == var('source') -%}
            {%- set location = node.meta.external_location.replace('{name}', node.name) -%}
            {#- As it stands inside single quotes, doubled ones included. -#}
            {%- set path = modules.re.search("'((?:[^']|'')*)'", location).group(1) -%}
            {%- set shown = "'" ~ path.replace("''", "'") ~ "' (raw table '" ~ node.name ~ "')" -%}
            {%- set found = run_query(
                "select count(*) from glob('" ~ path ~ "')"
            ).rows[0][0] -%}
            {%- if not found -%}
                {%- set remedy -%}
                    {%- if var('source') != 'sample' and var('data_dir') == 'data/sample' -%}
                        Its folder was not given: pass DATA_DIR=... to make, or the var data_dir
                    {%- else -%}
                        Put it there, or point data_dir at the folder that holds it
                    {%- endif -%}
                {%- endset -%}
                {%- do problems.append('no file matches ' ~ shown ~ '. ' ~ remedy) -%}
            {%- elif run_query("select sum(size) from read_blob('" ~ path ~ "')").rows[0][0] == 0 -%}
                {%- do problems.append(shown ~ ' is empty') -%}
            {%- else -%}
                {%- set present = run_query("select * from " ~ location ~ " limit 0").column_names
                    | map('lower') | list -%}
                {%- set missing = [] -%}
                {%- for column in node.columns if column | lower not in present -%}
                    {%- do missing.append("'" ~ column ~ "'") -%}
                {%- endfor -%}
                {%- if missing -%}
                    {%- do problems.append(
                        shown ~ ' has no column ' ~ missing | join(', ') ~ '. Its columns are: '
                        ~ present | join(', ')
                    ) -%}
                {%- endif -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if problems -%}
            {{ exceptions.raise_compiler_error("Raw data is not as declared:\n- " ~ problems | join('\n- ')) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
