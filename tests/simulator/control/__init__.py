"""The control of the stand-in: what no Elasticsearch has, over a port of its own."""

from simulator.control.clock import TurnedClock
from simulator.control.core import Control

__all__ = ["Control", "TurnedClock"]
