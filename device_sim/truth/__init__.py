"""What really happened in a simulation: labels, and the score of a back-test against them."""
