// swift-tools-version: 6.3
import PackageDescription

/// The settings of every target (house-style, "Package settings"): Swift 6, the upcoming features we live with already, and no warning left standing.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("InferIsolatedConformances"),
  .enableUpcomingFeature("ImmutableWeakCaptures"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let jwtKit = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let instrumentation = Target.Dependency.product(name: "Instrumentation", package: "swift-distributed-tracing")
let serviceContext = Target.Dependency.product(name: "ServiceContextModule", package: "swift-service-context")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")

/// A room of the house: the module and what it may import (design §2, the arrows).
func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The tests of a room.
func tests(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies, resources: resources, swiftSettings: settings)
}

/// Declarations and one-line wrappers over a C library of the system.
func c(_ name: String, _ libraries: String...) -> Target {
  .target(name: name, linkerSettings: libraries.map { .linkedLibrary($0) })
}

// `make fuzz` sets it: then the package has the fuzzer's program, and llhttp which it compares heads with; otherwise the suite that replays the corpora.
let isFuzzing = Context.environment["PAYLINK_FUZZ"] != nil
let fuzzed: [Target.Dependency] = ["HTTPServer", "JSON", "Facade", "Payments", "PaymentsTesting", "FreedomPay", "Sandbox", httpTypes]
let fuzzTargets: [Target] =
  isFuzzing
  ? [
    .target(name: "CLLHTTP", path: ".build-fuzz/llhttp", publicHeadersPath: "include"),
    .executableTarget(
      name: "fuzz", dependencies: fuzzed + ["CLLHTTP"], path: "Fuzz", exclude: ["Replay", "Corpora"], sources: ["Targets", "Driver"],
      swiftSettings: settings),
  ]
  : [
    .testTarget(
      name: "FuzzTests", dependencies: fuzzed, path: "Fuzz", exclude: ["Driver", "Corpora"], sources: ["Targets", "Replay"],
      swiftSettings: settings)
  ]

let package = Package(
  name: "paylink",
  products: [.executable(name: "paylink", targets: ["paylink"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
    .package(url: "https://github.com/apple/swift-service-context", from: "1.5.1"),
  ],
  targets: [
    c("CLinux"),
    c("CCurl", "curl"),
    c("CExpat", "expat"),
    c("CPostgres", "pq"),
    c("CSQLite", "sqlite3"),
    c("CQRCode", "qrencode"),
    c("CPNG", "png16"),
    c("CZXing", "ZXing"),
    c("CZlib", "z"),
    c("COpenSSL", "ssl", "crypto"),

    room("Transport", ["CLinux", "COpenSSL", logging]),
    room("HTTPServer", ["Transport", "CLinux", "CZlib", httpTypes, logging]),
    room("HTTPClient", ["Transport", "CCurl", httpTypes, logging]),
    room("QRCode", ["CQRCode", "CZlib", "CPNG", "CZXing"]),

    room("Payments", [logging]),
    room("JSON", []),

    room("Facade", ["Payments", "JSON", "HTTPServer", "QRCode", crypto, jwtKit, mustache, httpTypes, logging]),
    room("Operations", ["Payments", "HTTPServer", coreMetrics, instrumentation, serviceContext, httpTypes, logging]),
    room("Webhooks", ["Payments", "HTTPClient", crypto, httpTypes, logging]),
    room("FreedomPay", ["Payments", "HTTPServer", "HTTPClient", "CExpat", crypto, httpTypes, logging]),
    room("Storage", ["Payments", "JSON", "CPostgres", "CSQLite", grdb, sqlite, logging]),
    room("Sandbox", ["HTTPServer", "HTTPClient", "QRCode", "CExpat", crypto, mustache, httpTypes, logging]),

    .executableTarget(
      name: "paylink",
      dependencies: [
        "Payments", "Facade", "Operations", "Webhooks", "FreedomPay", "Storage", "Sandbox", "HTTPServer", "HTTPClient", "Transport",
        "QRCode", "CLinux", crypto, metrics, coreMetrics, instrumentation, serviceContext, logging, httpTypes,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Yams", package: "Yams"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: settings),

    // Books, acquirer and clock for tests of what stands on the ports of Payments.
    .target(name: "PaymentsTesting", dependencies: ["Payments"], path: "Tests/PaymentsTesting", swiftSettings: settings),
    // A real PostgreSQL for tests, and a way to it that can be cut.
    .target(name: "PostgresTesting", path: "Tests/PostgresTesting", swiftSettings: settings),

    tests("Transport"),
    tests("HTTPServer", ["Transport", "HTTPClient", httpTypes]),
    tests("HTTPClient", ["Transport", "HTTPServer", httpTypes]),
    tests("QRCode"),
    tests("Payments", ["PaymentsTesting", logging]),
    // The whole life of money under links, over the real parts, with faults and kills from a seed.
    .testTarget(
      name: "SimulationTests",
      dependencies: ["Payments", "FreedomPay", "Storage", "Sandbox", "HTTPServer", "HTTPClient", grdb, httpTypes, logging],
      swiftSettings: settings),
    tests("JSON"),
    tests("Facade", ["Payments", "JSON", "PaymentsTesting", logging, "HTTPServer", httpTypes, crypto, jwtKit]),
    tests("Operations", ["Payments", "PaymentsTesting", logging, coreMetrics, instrumentation, serviceContext, "HTTPServer", httpTypes]),
    tests(
      "Webhooks",
      ["Payments", "PaymentsTesting", "Storage", "HTTPServer", "HTTPClient", "Transport", httpTypes, logging]),
    tests("FreedomPay", ["Payments", "PaymentsTesting", logging, "HTTPServer", "HTTPClient", "Transport", httpTypes]),
    tests("Storage", ["Payments", "JSON", "PaymentsTesting", "PostgresTesting", grdb, sqlite, logging]),
    tests("Sandbox", ["HTTPServer", "HTTPClient", "Transport", httpTypes]),
    tests(
      "paylink",
      [
        "Payments", "PostgresTesting", "Facade", "Webhooks", "FreedomPay", "Storage", "Sandbox", "Operations", "HTTPServer", "HTTPClient",
        "Transport", "QRCode", crypto, httpTypes, logging, serviceContext, .product(name: "Yams", package: "Yams"),
      ]),
  ] + fuzzTargets,
  cxxLanguageStandard: .cxx17
)

// paylink's server beside its peers, for Benchmarks alone: the rooms are `package`, so it is a target here, and no ordinary build knows it.
if Context.environment["PAYLINK_BENCHMARKS"] != nil {
  package.targets.append(
    .executableTarget(
      name: "paylink-json", dependencies: ["HTTPServer", "Transport", httpTypes, logging], path: "Benchmarks/peers/paylink-json",
      swiftSettings: settings))
}
