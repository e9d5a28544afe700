"""One module per board with a function `board(site)`; `dashboards.build` lists them."""
