public import Foundation

/// A handler as text: `KIND=exec:COMMAND`, `KIND=http://URL`, `KIND=https://URL` or `KIND=builtin:noop|sleep|fail`.
public struct HandlerSpecification: Sendable, Equatable {
    public enum Action: Sendable, Equatable {
        case exec(command: String)
        case http(URL)
        case builtin(JobHandler.Builtin)
    }

    public var kind: String
    public var action: Action

    /// - Throws: ``WorkerError`` that says what is wrong with the text.
    public init(parsing text: String) throws {
        guard let split = text.firstIndex(of: "="), split != text.startIndex else {
            throw WorkerError(code: .invalidOption, message: "handler \"\(text)\" is not of the form KIND=ACTION")
        }
        kind = String(text[..<split])
        let action = String(text[text.index(after: split)...])
        if let command = action.after("exec:"), !command.allSatisfy(\.isWhitespace) {
            self.action = .exec(command: command)
        } else if let name = action.after("builtin:"), let builtin = JobHandler.Builtin(rawValue: name) {
            self.action = .builtin(builtin)
        } else if ["http", "https"].contains(URL(string: action)?.scheme), let url = URL(string: action),
            url.host?.isEmpty == false
        {
            self.action = .http(url)
        } else {
            throw WorkerError(
                code: .invalidOption,
                message: "handler for kind \"\(kind)\" is none of exec:COMMAND, http://URL, https://URL, "
                    + "builtin:" + JobHandler.Builtin.allCases.map(\.rawValue).joined(separator: "|"))
        }
    }

    /// The handler that does it.
    /// - Parameter snooze: the delay after exit status 75.
    public func handler(concurrency: Int?, timeout: Duration?, snooze: Duration) -> JobHandler {
        switch action {
        case .exec(let command):
            .exec(kind, command: command, concurrency: concurrency, timeout: timeout, snooze: snooze)
        case .http(let url):
            .http(kind, url: url, concurrency: concurrency, timeout: timeout)
        case .builtin(let builtin):
            .builtin(kind, builtin, concurrency: concurrency, timeout: timeout)
        }
    }
}

extension String {
    fileprivate func after(_ prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
