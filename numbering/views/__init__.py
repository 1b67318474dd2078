"""The customer's pages, and the page on which anybody can verify an LOA."""
