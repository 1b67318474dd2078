"""The verbs: what can be done with messages and opt-outs."""
