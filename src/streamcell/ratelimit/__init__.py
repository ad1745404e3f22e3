"""The queue before a rate-limited server: `queue` decides and is pure, `limiter` carries it out."""
