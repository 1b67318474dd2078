"""A carrier to run on one's own machine: the same wire as the real one, rehearsed outcomes."""

from carrier.sandbox.options import SandboxOptions
from carrier.sandbox.sandbox import OrderSeen, Sandbox, serve

__all__ = ["OrderSeen", "Sandbox", "SandboxOptions", "serve"]
