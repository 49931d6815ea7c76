"""The demo: a room on made-up messages, a stream that goes on, and a few simulated colleagues."""
