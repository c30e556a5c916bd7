"""Which database this installation belongs to, and what follows when it is another one.

A restored backup and a copied volume hold the same accounts as the original: used beside it, they cost keys and send
everything twice. Three things tell them apart: the database's stamp (`sql.py`), a file on each host that no backup
contains (`mark.py`), and the place in PostgreSQL's log that the file last saw. `judge.py` compares them.
"""
