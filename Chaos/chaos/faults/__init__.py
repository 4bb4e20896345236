"""The faults. Each is a class with a name, how often it strikes, and strike(), which returns what it did to whom."""
