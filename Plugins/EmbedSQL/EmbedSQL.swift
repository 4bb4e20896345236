import Foundation
import PackagePlugin

/// Embeds every `.sql` and `.txt` file below a target's folder into that target, as one generated Swift file.
///
/// The files are named in full as inputs, so that a changed file is embedded anew. An added file is noticed because the
/// package manager watches the target's folder (for `sql/`: through the symlink that stands in it).
@main
struct EmbedSQL: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        guard let target = target.sourceModule else { return [] }
        let folder = target.directoryURL
        let files = embeddable(in: folder)
        let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedTexts.swift")
        let paths = files.map { $0.path(percentEncoded: false) }
        return [
            .buildCommand(
                displayName: "Embedding \(files.count) files in \(target.name)",
                executable: try context.tool(named: "EmbedSQLTool").url,
                arguments: [output.path(percentEncoded: false), folder.path(percentEncoded: false)] + paths,
                inputFiles: files,
                outputFiles: [output])
        ]
    }

    /// The files below `folder`, symbolic links to folders followed, in the order of their paths.
    private func embeddable(in folder: URL) -> [URL] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))) ?? []
        return names.sorted().filter { !$0.hasPrefix(".") }.flatMap { name -> [URL] in
            let url = folder.appending(path: name)
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: url.path(percentEncoded: false), isDirectory: &isFolder)
            else { return [] }
            if isFolder.boolValue { return embeddable(in: url) }
            return ["sql", "txt"].contains(url.pathExtension) ? [url] : []
        }
    }
}
