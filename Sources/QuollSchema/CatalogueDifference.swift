/// One way in which an installed schema differs from the one that this binary carries.
public struct CatalogueDifference: Sendable, Hashable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
        /// The object is not there.
        case missing
        /// An object is there that the install does not make.
        case unexpected
        /// A property of the object (its body, a grant, a definition …) is another; nil stands for "has none".
        case changed(property: String, expected: String?, found: String?)
    }

    /// The object, as in `function queue.complete(bigint, bigint, jsonb)` or `table queue_internal.job column kind`.
    public let object: String
    public let kind: Kind

    public var description: String {
        switch kind {
        case .missing: "\(object): missing"
        case .unexpected: "\(object): not part of this version"
        case .changed("body", _, _): "\(object): body differs"
        case .changed("definition", let expected, let found) where Self.isHash(expected) && Self.isHash(found):
            "\(object): definition differs"
        case .changed(let property, let expected, let found):
            "\(object): \(property): expected \(expected ?? "none"), found \(found ?? "none")".inOneLine
        }
    }

    private static func isHash(_ value: String?) -> Bool {
        value.map { $0.count == 32 && $0.allSatisfy(\.isHexDigit) } ?? false
    }
}

extension Catalogue {
    /// Every difference between `self`, what is expected, and `found`, by object.
    ///
    /// A missing or unexpected table is one difference, not one for each of its columns and indexes. View definitions
    /// are compared only when both were read on the same major version of Postgres, because each words them its own way.
    public func differences(to found: Catalogue) -> [CatalogueDifference] {
        let gone = Set(objects.keys).subtracting(found.objects.keys)
        let added = Set(found.objects.keys).subtracting(objects.keys)
        var differences = Self.outermost(gone).map { CatalogueDifference(object: $0, kind: .missing) }
        differences += Self.outermost(added).map { CatalogueDifference(object: $0, kind: .unexpected) }
        let sameMajor = postgresMajor == found.postgresMajor
        for (object, properties) in objects {
            guard let others = found.objects[object] else { continue }
            for property in Set(properties.keys).union(others.keys) where properties[property] != others[property] {
                if property == "definition", object.hasPrefix("view "), !sameMajor { continue }
                differences.append(
                    CatalogueDifference(
                        object: object,
                        kind: .changed(property: property, expected: properties[property], found: others[property])))
            }
        }
        return differences.sorted { $0.description < $1.description }
    }

    /// The objects that do not lie within another of them.
    private static func outermost(_ objects: Set<String>) -> [String] {
        objects.filter { object in
            !inner.contains { word in
                guard let range = object.firstRange(of: word) else { return false }
                return objects.contains(String(object[..<range.lowerBound]))
            }
        }
    }

    private static let inner = [
        " column ", " constraint ", " index ", " trigger ", " rule ", " policy ", " statistics ",
    ]
}
