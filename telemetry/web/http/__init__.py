"""HTTP itself: routes, authentication, limits, problems, pages and downloads; it knows no resource."""
