"""Backups of a local stack: `make backup`, `make restore`, `make backup-verify`.

docs/backup.md is for who uses it, docs/decisions/2026-11-21-backup.md says why it is so.
"""
