"""Identity: users, projects, roles, tokens and the catalog; rules and queries, no HTTP.

Begin with authenticate.py (who is it, for what scope), then tokens.py (what a token says and when
it is refused), then revocations.py (how a change reaches every process within a second).
"""
