{#- The marketing channels, each with a consent in `customers` and a cap in `marketing_contact_caps`.
    The one list, for SQL that needs a column for each. -#}
{% macro marketing_channels() -%}
    {{ return(['email', 'sms', 'phone', 'post']) }}
{%- endmacro %}
