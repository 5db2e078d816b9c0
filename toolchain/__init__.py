"""What a bare machine needs before `pulumi up` can run, and how it gets there.

Standard library only: it runs before any virtual environment exists.
"""
