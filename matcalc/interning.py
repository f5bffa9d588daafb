"""Structural digests and the tables that make equal nodes one object.

A digest names a structure the same way in every process, so order never depends on the hash seed
or on what ran before. Nodes compare by digest; the tables only save memory and work, hence they
may be emptied at any time, by any thread.
"""

from __future__ import annotations

from typing import Any

try:  # hashlib would load OpenSSL, which takes longer than a derivative
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

TABLE_LIMIT = 200_000
_tables: list[dict[Any, Any]] = []


def new_table() -> dict[Any, Any]:
    """A table from key to node, emptied by `clear_tables` and when it outgrows its limit."""
    table: dict[Any, Any] = {}
    _tables.append(table)
    return table


def clear_tables() -> None:
    """Forget all interned nodes. Nodes in use stay valid and still equal their like."""
    for table in _tables:
        table.clear()


def remember(table: dict[Any, Any], key: Any, node: Any) -> Any:
    """Keep `node` under its key; the table is emptied first when it is full."""
    if len(table) >= TABLE_LIMIT:
        table.clear()
    return table.setdefault(key, node)


def digest_of(data: bytes) -> bytes:
    """Sixteen bytes that name the structure written in `data`."""
    return blake2b(data, digest_size=16).digest()


# The length of a digest that only orders.
SHORT = 8


def short_digest_of(data: bytes) -> bytes:
    """Eight bytes that order the structure written in `data`."""
    return blake2b(data, digest_size=SHORT).digest()
