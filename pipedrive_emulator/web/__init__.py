"""What a person sees, and the control API."""
