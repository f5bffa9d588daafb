"""LaTeX as people paste it, read into the same syntax as the text language."""
