import Foundation
import Payments

@testable import Storage

/// Books of a shop that has run for a while, made in the database itself (`Benchmarks/books.sql`).
struct FilledBooks {
  let links: Int

  func fill(_ db: PostgresConnection) throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../Benchmarks/books.sql").standardized
    let values = [":first": "0", ":last": "\(links - 1)", ":start": "\(Sample.start.milliseconds)", ":step": "1000"]
    var statement = ""
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") where !line.hasPrefix("--") {
      statement += line + "\n"
      guard line.hasSuffix(";") else { continue }
      for (name, value) in values { statement = statement.replacing(name, with: value) }
      try db.execute(statement)
      statement = ""
    }
    try db.execute("ANALYZE")
  }
}
