"""How all tests are run."""

import gc


def pytest_collection_finish() -> None:
    """What is there when the tests begin stays to their end. Garbage collection looks past it then:
    a tenth of the quick tests' time."""
    gc.freeze()
