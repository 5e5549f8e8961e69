import CPostgres

/// What one statement gave; frees itself.
@safe final class PostgresResult {
  /// SAFETY: ours alone, from PQgetResult; cleared once, here.
  private let result: OpaquePointer

  init(_ result: OpaquePointer) { unsafe self.result = unsafe result }

  deinit { unsafe PQclear(result) }

  var count: Int { Int(unsafe PQntuples(result)) }

  func row(_ place: Int) -> SQLRow { unsafe SQLRow(postgres: result, row: Int32(place)) }

  /// Rows that the statement changed.
  var changed: Int { Int(unsafe String(cString: PQcmdTuples(result))) ?? 0 }

  var status: ExecStatusType { unsafe PQresultStatus(result) }

  /// nil where it is no error.
  var error: PostgresError? {
    switch status {
    case PGRES_FATAL_ERROR, PGRES_NONFATAL_ERROR, PGRES_BAD_RESPONSE:
      PostgresError(
        state: field(UInt8(ascii: "C")), message: field(UInt8(ascii: "M")) ?? "no message",
        // The severity that no language changes.
        isLastWord: ["FATAL", "PANIC"].contains(field(UInt8(ascii: "V"))))
    default: nil
    }
  }

  private func field(_ code: UInt8) -> String? {
    unsafe PQresultErrorField(result, Int32(code)).map { unsafe String(cString: $0) }
  }
}
