"""Thin modules of one idea each; the notebooks are the programs that call them."""
