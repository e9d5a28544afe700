"""Grafana's boards as code. They read the views of `sql/migrations/0060_boards.sql` and nothing else."""
