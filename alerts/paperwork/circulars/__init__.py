"""Circulars (通报): the month's figures, frozen at closing; the document, the workbook, the year's scores."""
