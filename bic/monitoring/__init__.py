"""What operators watch: health, figures, logs, and whether the timers run."""
