"""The columnar copy that figures are read from: Parquet files by business month.

:mod:`.door` is the way in; :mod:`.layout` says what the files hold, so that any engine that reads
Parquet can work on them. Every machine has its own copy, which can be thrown away at any time.
"""
