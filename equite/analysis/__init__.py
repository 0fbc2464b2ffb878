"""Reading, comparing and stressing allocations."""
