"""Benchmarks: each measures a bare floor and the portal in turns. Started by script/bench."""
