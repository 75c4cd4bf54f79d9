"""What the product promises about calls, statements, time and memory: `python -m bench`."""
