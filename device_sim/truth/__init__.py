"""The truth about a simulated scenario as labels, and the score of incidents against them."""
