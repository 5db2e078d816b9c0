"""Outputs that wait."""

from typing import Any, TypeVar

from pulumi import Input, Output

T = TypeVar("T")


def after(value: Input[T], *made: Output[Any]) -> Output[T]:
    """`value`, known once all of `made` are: for what is usable only when something else is up.

    Of another resource, wait for an output that repeats an input which a preview knows (`.role`),
    never for its `.id`. Both are resolved once it is made; but a preview knows no id of what is yet
    to be made, so one more rule or grant in a stack that stands would make `value` unknown, and all
    that can't change it in place would be shown as replaced: the cluster, the database.
    """

    def first(values: list[Any]) -> T:
        return values[0]

    return Output.all(value, *made).apply(first)
