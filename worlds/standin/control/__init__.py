"""The control of the stand-in: what no Elasticsearch has, over a port of its own."""

from standin.control.clock import TurnedClock
from standin.control.core import Control

__all__ = ["Control", "TurnedClock"]
