"""What the faces share: text for people, pages, and reports."""
