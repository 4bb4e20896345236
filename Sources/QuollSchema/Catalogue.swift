/// What a database's catalogue says about the schema: facts about objects, each with a property and its value.
public struct Catalogue: Sendable, Equatable {
    /// Values by object, then by property, as `Queries/catalogue.sql` words them.
    private(set) var objects: [String: [String: String]] = [:]
    /// The major version of the server that the facts were read on.
    var postgresMajor: Int?

    public init() {}

    /// Reads the form that ``text`` writes. Lines that do not have three fields are passed over.
    public init(text: String) {
        for line in text.split(separator: "\n") {
            if line.hasPrefix(Self.heading) {
                postgresMajor = Int(line.dropFirst(Self.heading.count))
                continue
            }
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map { Self.unescape($0) }
            guard fields.count == 3, !line.hasPrefix("#") else { continue }
            add(object: fields[0], property: fields[1], value: fields[2])
        }
    }

    mutating func add(object: String, property: String, value: String) {
        objects[object, default: [:]][property] = value
    }

    public var isEmpty: Bool { objects.isEmpty }

    /// One line `object TAB property TAB value` per fact, sorted, under a heading with the server's major version.
    public var text: String {
        var lines = postgresMajor.map { ["\(Self.heading)\($0)"] } ?? []
        for (object, properties) in objects.sorted(by: { $0.key < $1.key }) {
            for (property, value) in properties.sorted(by: { $0.key < $1.key }) {
                lines.append([object, property, value].map(Self.escape).joined(separator: "\t"))
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static let heading = "# read on PostgreSQL "

    private static func escape(_ field: String) -> String {
        var escaped = ""
        for scalar in field.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\t": escaped += "\\t"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    private static func unescape(_ field: Substring) -> String {
        var text = ""
        var escaping = false
        for character in field {
            if escaping {
                text.append(character == "n" ? "\n" : character == "t" ? "\t" : character)
                escaping = false
            } else if character == "\\" {
                escaping = true
            } else {
                text.append(character)
            }
        }
        return text
    }
}
