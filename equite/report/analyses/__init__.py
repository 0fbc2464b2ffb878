"""What analyses say: comparisons, diagnoses, ways of deciding, how columns were read."""
