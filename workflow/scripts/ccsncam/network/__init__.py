"""The classifier: its architecture, training, devices and predictions."""
