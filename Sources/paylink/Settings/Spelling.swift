/// Finds what somebody may have meant.
enum Spelling {
  /// The candidate with the fewest changed letters, if they are few: at most one in three.
  static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
    let scored = candidates.map { (distance: distance(word, $0), word: $0) }
    guard let best = scored.min(by: { ($0.distance, $0.word) < ($1.distance, $1.word) }) else { return nil }
    return best.distance <= max(1, word.utf8.count / 3) ? best.word : nil
  }

  /// Levenshtein's distance over bytes: insertions, deletions and replacements.
  static func distance(_ left: String, _ right: String) -> Int {
    let (left, right) = (Array(left.utf8.prefix(64)), Array(right.utf8.prefix(64)))
    var row = Array(0...right.count)
    for (index, byte) in left.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in right.indices {
        let above = row[column + 1]
        row[column + 1] = min(above + 1, row[column] + 1, diagonal + (right[column] == byte ? 0 : 1))
        diagonal = above
      }
    }
    return row[right.count]
  }
}
