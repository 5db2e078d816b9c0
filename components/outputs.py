"""Outputs that wait."""

from typing import Any, TypeVar

from pulumi import Input, Output

T = TypeVar("T")


def after(value: Input[T], *made: Output[Any]) -> Output[T]:
    """`value`, known once all of `made` are: for what is usable only when something else is up."""

    def first(values: list[Any]) -> T:
        return values[0]

    return Output.all(value, *made).apply(first)
