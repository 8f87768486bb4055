{#- What a column's description says that null means, as SQL text: the clause that begins with the word
    `null` and all after it. Null itself where the description mentions no null, or rules it out. -#}
{% macro null_meaning(description) -%}
    {%- set found = modules.re.search('(?is)(?<!never )\\bnull\\b(.*)', description) -%}
    {%- if found -%}
'Null{{ found.group(1) | trim('\n') | replace("'", "''") }}'
    {%- else -%}
cast(null as varchar)
    {%- endif -%}
{%- endmacro %}
