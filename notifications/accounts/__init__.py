"""What people are told about their account: that it changed, and the links that prove who reads."""
