#!/usr/bin/env python3
"""Django's command line. `python manage.py help` lists the project's own commands per app."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bic.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as problem:  # a setting of this machine, not a fault of the code
        sys.exit(str(problem))


if __name__ == "__main__":
    main()
