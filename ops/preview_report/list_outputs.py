"""What each dynamic resource of a program declares as its outputs: no schema has them.

Runs in the program's own folder with its own packages, so it imports nothing of `ops`. It writes,
as JSON: type → output → the name of its type.
"""

import importlib
import inspect
import json
import pkgutil
import typing
from collections.abc import Iterator

from pulumi import dynamic

PACKAGE = "components"


def classes(base: type) -> Iterator[type]:
    for one in base.__subclasses__():
        yield one
        yield from classes(one)


def outputs(one: type) -> dict[str, str]:
    inner = {key: typing.get_args(hint) for key, hint in inspect.get_annotations(one).items()}
    return {key: getattr(args[0], "__name__", "str") for key, args in inner.items() if args}


def main() -> None:
    for module in pkgutil.walk_packages(importlib.import_module(PACKAGE).__path__, f"{PACKAGE}."):
        importlib.import_module(module.name)
    table = {
        f"pulumi-python:{vars(one)['_resource_type_name']}": outputs(one)
        for one in classes(dynamic.Resource)
    }
    print(json.dumps(table))


if __name__ == "__main__":
    main()
