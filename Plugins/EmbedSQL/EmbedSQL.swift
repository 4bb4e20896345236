import Foundation
import PackagePlugin

/// Embeds the `.sql` and `.txt` files of a target, and those of the package's `sql/` under `sql/…`, into that target as
/// one generated Swift file.
@main
struct EmbedSQL: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        guard let target = target.sourceModule else { return [] }
        let sql = context.package.directoryURL.appending(path: "sql")
        let files = embeddable(in: sql, named: "sql/") + embeddable(in: target.directoryURL, named: "")
        let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedTexts.swift")
        return [
            watch(sql),
            .buildCommand(
                displayName: "Embedding \(files.count) files in \(target.name)",
                executable: try context.tool(named: "EmbedSQLTool").url,
                arguments: [output.path(percentEncoded: false)]
                    + files.flatMap { [$0.name, $0.url.path(percentEncoded: false)] },
                inputFiles: files.map(\.url),
                outputFiles: [output]),
        ]
    }

    /// A command that does nothing, into `folder`: the package manager plans anew whenever something is added to such a
    /// folder or removed from it. It watches the folders of targets likewise, but no others, and no symbolic links.
    private func watch(_ folder: URL) -> Command {
        .prebuildCommand(
            displayName: "Watching \(folder.lastPathComponent)", executable: URL(filePath: "/usr/bin/true"),
            arguments: [], outputFilesDirectory: folder)
    }

    /// The files below `folder` with their names, in the order of their names.
    private func embeddable(in folder: URL, named prefix: String) -> [(name: String, url: URL)] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))) ?? []
        return entries.sorted().filter { !$0.hasPrefix(".") }.flatMap { entry -> [(name: String, url: URL)] in
            let url = folder.appending(path: entry)
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: url.path(percentEncoded: false), isDirectory: &isFolder)
            else { return [] }
            if isFolder.boolValue { return embeddable(in: url, named: "\(prefix)\(entry)/") }
            return ["sql", "txt"].contains(url.pathExtension) ? [("\(prefix)\(entry)", url)] : []
        }
    }
}
