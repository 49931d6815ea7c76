"""Opening what somebody hands in."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from core.errors import SourceError
from labeling.exchange.formats.form import FIELD_MOST

LINE_MOST = 16 * FIELD_MOST


@contextmanager
def opened(path: Path) -> Iterator[IO[str]]:
    """A text file, read strictly as UTF-8.

    Raises:
        SourceError: it cannot be opened, or is not text in UTF-8.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file
    except OSError as error:
        raise SourceError(f"cannot be read ({error.strerror})", where=str(path)) from None
    except UnicodeDecodeError as error:
        raise SourceError(
            f"cannot be understood ({error})", where=str(path), fix="Save it as UTF-8 and import it again."
        ) from None
    except csv.Error as error:
        raise SourceError(f"cannot be understood ({error})", where=str(path)) from None


def lines(file: IO[str], path: Path) -> Iterator[tuple[int, str]]:
    """The lines with their numbers.

    Raises:
        SourceError: a line is beyond all measure.
    """
    number = 0
    while line := file.readline(LINE_MOST):
        number += 1
        if len(line) == LINE_MOST:
            raise SourceError(f"line {number} is longer than {LINE_MOST:,} characters", where=str(path))
        yield number, line
