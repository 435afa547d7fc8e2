"""The trigger New Images: a message for each image pushed since the last run."""
