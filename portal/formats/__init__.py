"""How dates are written; Django looks for the language below."""
