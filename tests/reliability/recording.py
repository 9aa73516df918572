"""Tells with each report which rows its test shows; a plugin for every worker."""

import pytest


def pytest_itemcollected(item: pytest.Item) -> None:
    """Note the rows of a test, where its reports take them along."""
    for mark in item.iter_markers("row"):
        item.user_properties.append(("row", *mark.args))
