import ArgumentParser

/// A number of seconds on the command line, of at most some thirty years either way.
struct Seconds: ExpressibleByArgument {
    let value: Double

    init(value: Double) { self.value = value }

    init?(argument: String) {
        guard let value = Double(argument), abs(value) <= 1e9 else { return nil }
        self.value = value
    }

    var defaultValueDescription: String { value == value.rounded() ? "\(Int(value))" : "\(value)" }
    var duration: Duration { .seconds(value) }
}
