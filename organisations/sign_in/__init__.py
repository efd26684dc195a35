"""How people come in: passwords, second factors, identity providers, and how often one may try."""
