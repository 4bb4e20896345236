import ArgumentParser

/// What the installer can be asked to do.
enum Action: String, CaseIterable, ExpressibleByArgument {
    case install, upgrade, status, verify, uninstall, print, catalogue

    var summary: String {
        switch self {
        case .install: "make the schema; does nothing where it is already"
        case .upgrade: "bring an older schema to this binary's version"
        case .status: "tell the installed version and this binary's"
        case .verify: "name every difference from what install makes"
        case .uninstall: "remove the schema with every job in it"
        case .print: "write the SQL of install, for somebody else to run"
        case .catalogue: "write what verify compares, one fact a line"
        }
    }

    static var help: String {
        let width = allCases.map(\.rawValue.count).max() ?? 0
        return allCases.map { action in
            let gap = String(repeating: " ", count: width - action.rawValue.count + 2)
            return "  \(action.rawValue)\(gap)\(action.summary)"
        }.joined(separator: "\n")
    }
}
