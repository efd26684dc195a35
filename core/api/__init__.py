"""What the calls of every app share: times, texts, and the answers that tell what went wrong."""
