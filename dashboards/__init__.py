"""Grafana's boards as code: what they read are the views of `sql/migrations/0060_boards.sql`, and nothing else is known here."""
