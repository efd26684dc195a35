"""What happens to every request, whatever page or call it is for."""
