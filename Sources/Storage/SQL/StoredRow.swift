import Payments

/// A row while it is being read. Every value is judged again: the books may have been changed by another hand.
/// It is only valid until the next row is fetched.
struct StoredRow<Columns: Column> {
  let row: SQLRow
  /// What names the row in an error, such as a link's id.
  var key: String

  init(_ row: SQLRow, key: String) {
    self.row = row
    self.key = key
  }

  func integerIfAny(_ column: Columns) throws(StoreError) -> Int64? {
    switch row.integer(column.rawValue) {
    case .value(let number): return number
    case .null: return nil
    case .wrong: throw corrupt(column)
    }
  }

  func integer(_ column: Columns) throws(StoreError) -> Int64 {
    guard let number = try integerIfAny(column) else { throw corrupt(column) }
    return number
  }

  func textIfAny(_ column: Columns) throws(StoreError) -> String? {
    switch row.text(column.rawValue) {
    case .value(let text): return text
    case .null: return nil
    case .wrong: throw corrupt(column)
    }
  }

  func text(_ column: Columns) throws(StoreError) -> String {
    guard let text = try textIfAny(column) else { throw corrupt(column) }
    return text
  }

  func timeIfAny(_ column: Columns) throws(StoreError) -> Timestamp? {
    try integerIfAny(column).map { Timestamp(milliseconds: $0) }
  }

  func time(_ column: Columns) throws(StoreError) -> Timestamp {
    Timestamp(milliseconds: try integer(column))
  }

  func value<Value: TextValue>(_ column: Columns) throws(StoreError) -> Value {
    let text = try text(column)
    do { return try Value(text) } catch { throw corrupt(column) }
  }

  func paymentIDIfAny(_ column: Columns) throws(StoreError) -> PaymentID? {
    guard let number = try integerIfAny(column) else { return nil }
    do { return try PaymentID(number) } catch { throw corrupt(column) }
  }

  /// An amount is never below nothing.
  func moneyIfAny(_ amount: Columns, _ currency: Columns) throws(StoreError) -> Money? {
    guard let units = try integerIfAny(amount) else { return nil }
    guard units >= 0 else { throw corrupt(amount) }
    let code = try text(currency)
    do { return Money(minorUnits: units, currency: try Currency(code)) } catch { throw corrupt(currency) }
  }

  /// A word of a closed list.
  func word<Word: RawRepresentable<String>>(_ column: Columns) throws(StoreError) -> Word {
    guard let word = Word(rawValue: try text(column)) else { throw corrupt(column) }
    return word
  }

  func json<Value: Decodable>(_ column: Columns) throws(StoreError) -> Value {
    let text = try text(column)
    do { return try StoredJSON.value(Value.self, from: text) } catch { throw corrupt(column) }
  }

  /// The row is named, never its content.
  func corrupt(_ column: Columns) -> StoreError {
    StoreError(.corrupt, "\(Columns.table) \(key): \(column.name) cannot be read")
  }
}
