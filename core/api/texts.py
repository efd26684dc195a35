"""Types of text that a caller of the API sends."""

from typing import Annotated

from pydantic import StringConstraints

# PostgreSQL's text cannot hold the sign NUL.
NO_NUL = r"^[^\x00]*$"


Code = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=NO_NUL)]


Email = Annotated[str, StringConstraints(min_length=1, max_length=254, pattern=NO_NUL, strip_whitespace=True)]


Title = Annotated[str, StringConstraints(max_length=120, pattern=NO_NUL, strip_whitespace=True)]


Reason = Annotated[str, StringConstraints(min_length=1, max_length=250, pattern=NO_NUL, strip_whitespace=True)]
