"""New text, quoted history, signature: what a person wrote in a mail, and what was there before."""

from rules.newtext.parts import Parts
from rules.newtext.split import split_lines, split_text

__all__ = ["Parts", "split_lines", "split_text"]
