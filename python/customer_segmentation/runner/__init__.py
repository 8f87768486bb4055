"""Everything that knows dbt: building, publishing and the command line.

The rest of the package takes arrays and frames and never imports dbt.
"""
