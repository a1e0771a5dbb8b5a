"""JSON merge patch (RFC 7396): how overrides change a preset, and a preset the one it extends."""

from typing import Any


def merge_patch(target: Any, patch: Any) -> Any:
    """The target with the patch applied: null removes a key, an object merges, anything else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def merge_patches(first: Any, second: Any) -> Any:
    """One patch that does what the first and then the second do, for a target that is not at hand: nulls are kept.

    It differs from the two in one case: where the first puts a value that is no object (or null) in place of an object
    and the second an object in place of that value, what the target had there shows through.
    """
    if not isinstance(first, dict) or not isinstance(second, dict):
        return second
    merged = dict(first)
    for key, value in second.items():
        merged[key] = merge_patches(merged.get(key), value)
    return merged
