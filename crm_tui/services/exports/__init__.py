"""Exports: what is stored, written to Excel, CSV, Parquet or JSON, safely and logged (I2)."""
