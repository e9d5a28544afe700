"""Evaluation: the engine. Each tick takes what changed, has the rules judge it, and hands their findings to the incidents."""
