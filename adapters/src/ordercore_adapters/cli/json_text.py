"""Read JSON from outside strictly: what RFC 8259 leaves open is refused here.

Refused are keys that occur twice in one object (readers disagree on which counts), ``NaN`` and
``Infinity``, numbers beyond the range of a double, integers of thousands of digits, lone halves of
surrogate pairs, and nesting too deep to walk. No message repeats what was read.
"""

from __future__ import annotations

import json
import math

__all__ = ["NotJson", "parse_json"]


class NotJson(Exception):
    """The text is not JSON, or not JSON that everybody reads alike; the message says why."""


def parse_json(text: str | bytes) -> object:
    """Return the value that ``text`` (UTF-8) stands for.

    Raises:
        NotJson: it does not stand for one, or not for one value only.
    """
    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
    except UnicodeDecodeError as error:
        raise NotJson(f"byte {error.start + 1} is not UTF-8") from None
    try:
        value: object = json.loads(
            decoded, object_pairs_hook=_object, parse_constant=_no_number, parse_float=_number
        )
        if "\\u" in decoded or "\\U" in decoded or not isinstance(text, bytes):
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise NotJson(f"not JSON: {error.msg} at character {error.pos + 1}") from None
    except UnicodeEncodeError:
        raise NotJson("a text holds half of a surrogate pair") from None
    except RecursionError:
        raise NotJson("nested too deeply") from None
    except ValueError:
        raise NotJson("a number has too many digits") from None
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise NotJson("an object has the same key twice")
    return found


def _no_number(name: str) -> object:
    raise NotJson(f"{name} is not JSON")


def _number(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise NotJson("a number is beyond the range of a double")
    return number
