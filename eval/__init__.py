"""An instrument that measures answers: cases with gold quotes, pure metrics, one runner."""
