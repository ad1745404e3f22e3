"""The line before a server that limits its rate: `queue` is pure, `limiter` carries it out."""
