"""What a person sees: live panels, plain lines, tables."""
