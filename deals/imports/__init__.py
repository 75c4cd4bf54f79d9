"""Import of organizations, people, products and deals from CSV files: shown first, then all of it or nothing."""
