"""`make bench`: how fast the program is, beside what nothing could be faster than (its floors).

It measures a stack of its own (`bench`) beside whatever else is up, and removes it again.
"""
