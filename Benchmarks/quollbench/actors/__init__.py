"""Programs that drive one system each: they run as processes of their own, so that each pays for its own CPU."""
