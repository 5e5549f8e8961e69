import HTTPServer
import JSON

/// Finds payment card numbers in texts: they must not come into our books or logs (design §4.4).
///
/// A card number is 13 to 19 digits, blanks and hyphens between them ignored, that begin as a card scheme's numbers do and end with Luhn's check digit (ISO/IEC
/// 7812-1). It may stand anywhere in a text; a run of digits behind a plus is a phone number.
enum CardNumber {
  static func isIn(_ text: String) -> Bool {
    // Groups of digits that only blanks and hyphens part; anything else ends the run.
    var groups: [[UInt8]] = []
    var isPhone = false
    var previous: UInt8 = 0
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        if groups.isEmpty { isPhone = previous == UInt8(ascii: "+") }
        let isContinued = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(previous)
        if isContinued { groups[groups.count - 1].append(byte &- 48) } else { groups.append([byte &- 48]) }
      case UInt8(ascii: " "), UInt8(ascii: "-"): break
      default:
        if !isPhone, isIn(groups) { return true }
        groups.removeAll(keepingCapacity: true)
      }
      previous = byte
    }
    return !isPhone && isIn(groups)
  }

  /// Whether some neighbouring groups together are one. Each start looks at no more than 19 digits.
  private static func isIn(_ groups: [[UInt8]]) -> Bool {
    for start in groups.indices {
      var digits: [UInt8] = []
      for group in groups[start...] {
        digits += group
        if digits.count > 19 { break }
        if digits.count >= 13, isOfScheme(digits), passesLuhn(digits) { return true }
      }
    }
    return false
  }

  /// First digits of the schemes: the world's, and Uzcard, HUMO and Elcart.
  private static func isOfScheme(_ digits: [UInt8]) -> Bool {
    let four = digits.prefix(4).reduce(0) { $0 * 10 + Int($1) }
    switch four {
    case 4000...4999: return true  // Visa
    case 5100...5599, 2221...2720: return true  // Mastercard
    case 3400...3499, 3700...3799: return true  // American Express
    case 3528...3589: return true  // JCB
    case 3000...3059, 3600...3699, 3800...3999: return true  // Diners Club
    case 2200...2204: return true  // Mir
    case 5000...5099, 5600...5899, 6000...6999: return true  // Maestro, UnionPay, Discover, Uzcard 5614 and 6262
    case 8600, 9860, 9417: return true  // Uzcard, HUMO, Elcart
    default: return false
    }
  }

  private static func passesLuhn(_ digits: [UInt8]) -> Bool {
    var sum = 0
    for (place, digit) in digits.reversed().enumerated() {
      let doubled = place % 2 == 1 ? Int(digit) * 2 : Int(digit)
      sum += doubled > 9 ? doubled - 9 : doubled
    }
    return sum % 10 == 0
  }
}

extension CardNumber {
  /// Every text, number or name of a tree that holds a card number. A name that does is not repeated: the pointer ends at its object.
  static func faults(in tree: JSONTree, at place: String = "") -> [FieldFault] {
    switch tree {
    case .null, .bool: []
    case .number(let text), .text(let text): isIn(text) ? [fault(at: place)] : []
    case .list(let items): items.enumerated().flatMap { faults(in: $1, at: pointer(place, String($0))) }
    case .object(let members):
      members.sorted { $0.key < $1.key }.flatMap { name, value in
        isIn(name) ? [fault(at: place)] : faults(in: value, at: pointer(place, name))
      }
    }
  }

  static func faults(in query: [FormField]) -> [FieldFault] {
    query.flatMap { field in
      isIn(field.name) ? [fault(at: "")] : isIn(field.value) ? [fault(at: pointer("", field.name))] : []
    }
  }

  private static func fault(at pointer: String) -> FieldFault {
    FieldFault(pointer: pointer, code: .cardNumber, detail: "holds what looks like a card number, which this API never takes")
  }
}
