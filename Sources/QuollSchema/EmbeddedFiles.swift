/// The files that the build embedded into this module: those of `sql/`, and its own, by their paths.
enum EmbeddedFiles {
    private static let texts = Dictionary(uniqueKeysWithValues: embeddedFiles.map { ($0.path, $0.text) })

    /// The files below `folder` (which ends in a slash), by their paths below it.
    static func below(_ folder: String) -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: texts.filter { $0.key.hasPrefix(folder) }
                .map { (String($0.key.dropFirst(folder.count)), $0.value) })
    }

    /// The text of one file, which is part of this module's source.
    static func text(_ path: String) -> String {
        guard let text = texts[path] else { preconditionFailure("\(path) was not embedded") }
        return text
    }

    /// A query of this module: `Queries/NAME.sql`.
    static func query(_ name: String) -> String {
        text("Queries/\(name).sql")
    }
}
