"""Every fault that is tried, and how an export under it must end."""

from __future__ import annotations

from typing import Final

from contract_tests.faults.catalogue.answers import ANSWERS
from contract_tests.faults.catalogue.connections import CONNECTIONS
from contract_tests.faults.catalogue.meanings import MEANINGS
from contract_tests.faults.catalogue.ranges import RANGES

FAULTS: Final = (*CONNECTIONS, *ANSWERS, *MEANINGS, *RANGES)
