"""What the scripted models say: fifty words."""

WORDS = " ".join(f"word{number}" for number in range(50))
