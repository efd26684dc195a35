"""How fast it is, and whether it holds while parts of it fail. Nothing of the product imports this."""
