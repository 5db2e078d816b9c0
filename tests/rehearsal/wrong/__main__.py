"""What is right, and on it everything that is wrong, one resource each."""

from right import standing
from wrong import CASES, PASSED

around = standing()
for name, make in {**CASES, **PASSED}.items():
    make(name, around)
