import Configuration
import Foundation

/// The environment before the configuration file. Every method throws ``Failure`` for a value of the wrong type.
struct Sources {
    private let values: ConfigReader
    /// The same with lists separated by newlines in the environment: a command may contain commas.
    private let lines: ConfigReader

    init(file: String?, environment: [String: String]) async throws {
        let fileProvider = try await file.asyncMap(Self.provider)
        func reader(separator: Character) -> ConfigReader {
            let variables = EnvironmentVariablesProvider(environmentVariables: environment, arraySeparator: separator)
                .prefixKeys(with: "qworker")
            return ConfigReader(providers: [variables] + [fileProvider].compactMap(\.self))
        }
        values = reader(separator: ",")
        lines = reader(separator: "\n")
    }

    private static func provider(_ file: String) async throws -> any ConfigProvider {
        let place = ConfigReader(provider: InMemoryProvider(values: ["filePath": .init(stringLiteral: file)]))
        do {
            switch URL(fileURLWithPath: file).pathExtension.lowercased() {
            case "json":
                return try await FileProvider<JSONSnapshot>(config: place)
            case "yaml", "yml":
                return try await FileProvider<YAMLSnapshot>(config: place)
            default:
                throw Failure(status: .usage, message: "\(file): a configuration file ends in .yaml, .yml or .json")
            }
        } catch let error as Failure {
            throw error
        } catch {
            let reason = FileManager.default.isReadableFile(atPath: file) ? "cannot be understood" : "cannot be read"
            throw Failure(status: .usage, message: "\(file): \(reason)")
        }
    }

    func text(_ key: String) async throws -> String? {
        try await value(key, "text") { try await values.fetchString(forKey: $0) }
    }

    func number(_ key: String, _ given: Int?) async throws -> Int? {
        if let given { return given }
        return try await value(key, "a whole number") { try await values.fetchInt(forKey: $0) }
    }

    func flag(_ key: String) async throws -> Bool? {
        try await value(key, "true or false") { try await values.fetchBool(forKey: $0) }
    }

    /// A duration; in a file a bare number is one of seconds.
    func duration(_ key: String, _ given: String?) async throws -> Duration? {
        let text: String?
        if let given {
            text = given
        } else if let found = try? await values.fetchString(forKey: ConfigKey(key)) {
            text = found
        } else {
            text = try await value(key, "a duration") { try await values.fetchInt(forKey: $0) }.map(String.init)
        }
        guard let text else { return nil }
        guard let duration = DurationText.parse(text) else {
            throw Failure(status: .usage, message: "\(key): \"\(text)\" is no duration such as 500ms, 30s, 5m or 1h")
        }
        return duration
    }

    func list(_ key: String, _ given: [String]) async throws -> [String] {
        guard given.isEmpty else { return given }
        return try await value(key, "a list of texts") { try await values.fetchStringArray(forKey: $0) } ?? []
    }

    func handlers(_ given: [String]) async throws -> [String] {
        guard given.isEmpty else { return given }
        return try await value("handlers", "a list of texts") { try await lines.fetchStringArray(forKey: $0) } ?? []
    }

    private func value<Value>(
        _ key: String, _ type: String, _ fetch: (ConfigKey) async throws -> Value?
    ) async throws -> Value? {
        do {
            return try await fetch(ConfigKey(key))
        } catch {
            throw Failure(status: .usage, message: "\(key) in the environment or the configuration file is not \(type)")
        }
    }
}

extension Optional {
    fileprivate func asyncMap<Value>(_ transform: (Wrapped) async throws -> Value) async rethrows -> Value? {
        if let self { try await transform(self) } else { nil }
    }
}
