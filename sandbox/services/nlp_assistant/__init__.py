"""The nlp-assistant service: answers questions from the platform's own records and cites them."""
