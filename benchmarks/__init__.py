"""How fast and how right Flowdeck is: a scripted month, and what measures on it. README.md says how to run it."""
