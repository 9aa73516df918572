"""Every mutant, by its name in plain English."""

from collections.abc import Mapping

from mutants.closing import CLOSING
from mutants.deciding import DECIDING
from mutants.mutant import Mutant
from mutants.sending import SENDING
from mutants.stepping import STEPPING
from mutants.sweeping import SWEEPING
from mutants.undoing import UNDOING

MUTANTS: Mapping[str, Mutant] = (
    DECIDING | SWEEPING | STEPPING | CLOSING | SENDING | UNDOING
)
