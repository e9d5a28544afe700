"""The API's resources, one module each, with their routes."""
