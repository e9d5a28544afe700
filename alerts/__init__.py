"""Find breaches of the regulation in readings and facts, keep them as incidents, and tell people."""
