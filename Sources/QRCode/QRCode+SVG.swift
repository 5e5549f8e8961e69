extension QRCode {
  /// The code as an SVG document: a white square with the quiet zone, and one path of the dark runs.
  ///
  /// `moduleSize` is the width of a module in pixels where the picture is shown at its own size; it scales without loss anyway.
  package func svg(moduleSize: Int = 8) -> String {
    let side = size + 2 * Self.quietZone
    let pixels = side * max(1, moduleSize)
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(pixels)" height="\(pixels)" viewBox="0 0 \(side) \(side)" \
      shape-rendering="crispEdges"><path fill="#fff" d="M0 0h\(side)v\(side)H0z"/><path fill="#000" d="\(darkPath)"/></svg>
      """
  }

  /// Each run of dark modules in a row is one rectangle: far fewer than one a module, and no hair lines between neighbours.
  private var darkPath: String {
    var path = ""
    for row in 0..<size {
      var column = 0
      while column < size {
        guard isDark(column: column, row: row) else {
          column += 1
          continue
        }
        let start = column
        while isDark(column: column, row: row) { column += 1 }
        let length = column - start
        path += "M\(start + Self.quietZone) \(row + Self.quietZone)h\(length)v1h-\(length)z"
      }
    }
    return path
  }
}
