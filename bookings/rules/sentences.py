"""A refusal in the reader's language: what cannot be, the figure that it is about, and the way out."""


def refusal(what: str, *, figure: str = "", way_out: str) -> str:
    """The parts as one text, each a whole sentence of its own; `figure` is empty where there is no number to tell."""
    return " ".join(part for part in (what, figure, way_out) if part)
