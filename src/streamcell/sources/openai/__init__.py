"""The OpenAI SDK's two APIs."""
