"""The verbs: what can be done with numbers, orders, LOAs and webhooks."""
