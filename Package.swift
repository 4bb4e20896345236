// swift-tools-version: 6.2
import PackageDescription

let swiftSettings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let metricsTestKit = Target.Dependency.product(name: "MetricsTestKit", package: "swift-metrics")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")

let package = Package(
    name: "quoll",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "PostgresConnection", targets: ["PostgresConnection"]),
        .library(name: "Quoll", targets: ["Quoll"]),
        .library(name: "QuollWorker", targets: ["QuollWorker"]),
        .library(name: "QuollSchema", targets: ["QuollSchema"]),
        .executable(name: "qinstall", targets: ["qinstall"]),
        .executable(name: "qworker", targets: ["qworker"]),
        .executable(name: "qctl", targets: ["qctl"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(
            url: "https://github.com/apple/swift-configuration", from: "1.4.0",
            traits: [.defaults, "YAML", "CommandLineArguments"]),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        .systemLibrary(
            name: "CLibPQ", pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
        .systemLibrary(
            name: "CLibCurl", pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]),
        .target(
            name: "PostgresConnection", dependencies: ["CLibPQ", logging],
            swiftSettings: swiftSettings),
        .target(
            name: "Quoll", dependencies: ["PostgresConnection", logging],
            swiftSettings: swiftSettings),
        .target(
            name: "QuollWorker",
            dependencies: ["Quoll", "PostgresConnection", "CLibCurl", logging, metrics, lifecycle],
            swiftSettings: swiftSettings),
        .target(
            name: "QuollSchema", dependencies: ["PostgresConnection", logging],
            exclude: ["Queries", "Generated"],  // the plugin embeds these, and the folder sql
            swiftSettings: swiftSettings, plugins: ["EmbedSQL"]),
        .executableTarget(
            name: "EmbedSQLTool", path: "Plugins/EmbedSQLTool", swiftSettings: swiftSettings),
        .plugin(name: "EmbedSQL", capability: .buildTool(), dependencies: ["EmbedSQLTool"]),
        .executableTarget(
            name: "qinstall", dependencies: ["QuollSchema", "PostgresConnection", argumentParser, logging],
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "qworker",
            dependencies: [
                "QuollWorker", "PostgresConnection", argumentParser, configuration, lifecycle, signals, logging,
            ],
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "qctl", dependencies: ["Quoll", "PostgresConnection", argumentParser, logging],
            swiftSettings: swiftSettings),
        .executableTarget(
            name: "qbench", dependencies: ["QuollWorker", "PostgresConnection", lifecycle, signals, logging],
            path: "Benchmarks/Worker", swiftSettings: swiftSettings),
        .target(
            name: "TestSupport", dependencies: [subprocess],
            path: "Tests/TestSupport", swiftSettings: swiftSettings),
        .testTarget(
            name: "PostgresConnectionTests", dependencies: ["PostgresConnection", "TestSupport", logging],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "QuollTests", dependencies: ["Quoll", "PostgresConnection", "TestSupport", "qctl", logging],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "QuollWorkerTests",
            dependencies: [
                "QuollWorker", "qworker", "PostgresConnection", "TestSupport", logging, metrics, metricsTestKit,
            ],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "QuollSchemaTests",
            dependencies: ["QuollSchema", "PostgresConnection", "TestSupport", "qinstall", logging, subprocess],
            swiftSettings: swiftSettings),
        .testTarget(name: "BenchmarkTests", dependencies: ["TestSupport"], swiftSettings: swiftSettings),
        .testTarget(
            name: "DocumentationTests",
            dependencies: [
                "Quoll", "QuollWorker", "PostgresConnection", "TestSupport", "qinstall", "qworker", "qctl", logging,
                lifecycle, signals,
            ],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "RaceTests", dependencies: ["PostgresConnection", "TestSupport", logging],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "FuzzTests",
            dependencies: ["PostgresConnection", "TestSupport", "qinstall", "qctl", "qworker", logging],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "SQLTests", dependencies: ["PostgresConnection", "TestSupport", subprocess],
            exclude: [], swiftSettings: swiftSettings),
    ]
)
