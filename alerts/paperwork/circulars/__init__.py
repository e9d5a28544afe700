"""Circulars (通报): monthly figures, fixed when the month is closed; document, workbook, yearly scores."""
