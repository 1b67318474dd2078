"""Faults: what is killed, cut off and flooded, and the verdict on it. Started by script/faults."""
