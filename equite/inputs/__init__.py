"""What comes in: tables of territories and the catalogue of criteria."""
