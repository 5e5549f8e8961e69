/// Looks for the way in which a signature holds: no deviation, one, then two at most. Cheap and bounded; nothing of it leaves but what held.
struct SignatureSearch {
  /// What held.
  struct Find {
    var messages: [MessageDeviation]
    var script: ScriptTry
    var secret: SecretTry
    var reading: Reading
  }

  /// Digests tried at most, some tenths of a second. Messages of usual size need a quarter of it.
  static let limit = 400_000
  /// Bytes hashed at most: half a second for a message of a few very long values.
  static let byteLimit = 256 << 20
  /// Fields up to which lost values and pairs of deviations are tried; a callback has about 40.
  static let pairLimit = 60

  let message: CapturedMessage
  let scripts: (expected: [ScriptTry], others: [ScriptTry])
  let secrets: SecretKeys
  /// The 16 bytes of `pg_sig`.
  let signature: [UInt8]
  private(set) var tried = 0
  private var hashed = 0

  init(message: CapturedMessage, scripts: (expected: [ScriptTry], others: [ScriptTry]), secrets: SecretKeys, signature: [UInt8]) {
    self.message = message
    self.scripts = scripts
    self.secrets = secrets
    self.signature = signature
  }

  /// A reading with what led to it.
  private struct Candidate {
    var deviations: [MessageDeviation]
    var reading: Reading
  }

  mutating func run() -> Find? {
    let given = SecretTry.given(secrets)
    let changed = SecretTry.changed(secrets)
    let plain = plain
    if let find = attempt(plain, scripts.expected, given) { return find }
    if let find = attempt(plain, scripts.others, given) ?? attempt(plain, scripts.expected, changed) { return find }
    let deviations = MessageDeviation.all(for: message)
    let single = plain.flatMap { widened($0, by: deviations) }
    if let find = attempt(single, scripts.expected, given) ?? attempt(plain, scripts.others, changed) { return find }
    guard message.fields.all.count <= Self.pairLimit else { return nil }
    if let find = attempt(single, scripts.others, given) ?? attempt(single, scripts.expected, changed) { return find }
    for candidate in single {
      guard isWithinBounds else { return nil }
      if let find = attempt(widened(candidate, by: deviations.filter { goes($0, with: candidate) }), scripts.expected, given) {
        return find
      }
    }
    return nil
  }

  /// The message as it was caught; bytes that are not UTF-8 have two readings, and each is a deviation by itself.
  private var plain: [Candidate] {
    let reading = Reading(fields: message.fields)
    guard !message.isUTF8 else { return [Candidate(deviations: [], reading: reading)] }
    return [TextCoding.windows1251, .utf8].compactMap { coding in
      let deviation = MessageDeviation.notUTF8(coding)
      return deviation.applied(to: reading, of: message).map { Candidate(deviations: [deviation], reading: $0) }
    }
  }

  private func widened(_ candidate: Candidate, by deviations: [MessageDeviation]) -> [Candidate] {
    guard candidate.deviations.count < 2 else { return [] }
    return deviations.compactMap { deviation in
      deviation.applied(to: candidate.reading, of: message).map { Candidate(deviations: candidate.deviations + [deviation], reading: $0) }
    }
  }

  /// Which pairs are tried: a change of the whole message with every other one, and two missing fields.
  private func goes(_ second: MessageDeviation, with first: Candidate) -> Bool {
    guard let first = first.deviations.last, first != second else { return false }
    if case .leftOut(let name) = first, case .leftOut(let other) = second {
      return name < other
    }
    return first.isWide
  }

  private var isWithinBounds: Bool { tried < Self.limit && hashed < Self.byteLimit }

  private mutating func attempt(_ candidates: [Candidate], _ scripts: [ScriptTry], _ secrets: [SecretTry]) -> Find? {
    guard !scripts.isEmpty, !secrets.isEmpty else { return nil }
    for candidate in candidates {
      for middle in candidate.reading.middles {
        for script in scripts {
          for secret in secrets where isWithinBounds {
            tried += 1
            hashed += middle.count
            guard TriedDigest.of(script: script.name, middle: middle, secret: secret.key.all) == signature else { continue }
            return Find(messages: candidate.deviations, script: script, secret: secret, reading: candidate.reading)
          }
        }
      }
    }
    return nil
  }
}
