"""One module a board, each with a `board(site)`; `dashboards.build` has the list."""
