"""Mutation test of the checks that decide: each is taken out, and its own tests must fail.

`checks.toml` lists one check per entry; `python -m tests.removals` removes them one at a time in a
copy of the project and runs the tests that the entry names. A check whose removal no test notices
*survived*.
"""
