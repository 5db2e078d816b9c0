"""The report on a change."""
