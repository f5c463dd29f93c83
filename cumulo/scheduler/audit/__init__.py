"""The audit: does what the database says, what it says elsewhere, and what hosts really hold agree?

    read.py           the database's side, as values
    gather.py         asks hosts what they hold, between two readings of the database
    checks/           one page per pair of sides: facts -> differences, pure
    differences.py    the table of checks; judges facts, and a database on the spot
    auditor.py        the loop in the scheduler: gathers, judges, records
"""
