"""Stored rows as plain values, which decisions and displays read without a database."""
