"""One module per pair of sides, each with KINDS (kind -> what it means) and differences(facts), pure.

A module names a difference after what is there or wrong; doc/audit.md lists all of them.
"""
