"""The trigger Image Event: events that Amazon EventBridge delivers to a webhook."""
