"""Certificates, whole: their models, who grants and withdraws them, and their pages."""
