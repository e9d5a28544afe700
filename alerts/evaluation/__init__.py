"""Evaluation: each tick collects what changed, lets the rules judge it, and passes the findings to the incidents."""
