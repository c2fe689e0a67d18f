"""What the network says of a moment of strain."""
