import HTTPServer
import JSON
import Testing

@testable import Facade

struct CardNumberTests {
  @Test(
    "Card numbers of every scheme are found, however they are spaced, and within a text",
    arguments: [
      "4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "4 1 1 1 1111 1111 1111", "5555555555554444", "2223003122003222",
      "378282246310005", "3530111333300000", "30569309025904", "6011111111111117", "4222222222222", "6200000000000005", "8600000000000007",
      "9860000000000000", "2200000000000004", "9417000000000008", "pay with 4111 1111 1111 1111 please", "card:4111111111111111.",
      "12 4111 1111 1111 1111 99", "1 2 4111111111111111",
    ])
  func found(_ text: String) { #expect(CardNumber.isIn(text)) }

  @Test(
    "What is no card number is let through",
    arguments: [
      "", "4111111111111112", "411111111111", "1111111111111117", "4111x1111x1111x1111", "+4111111111111111", "+998901234567",
      "9111111111111111", "Order 15 of 2026-11-23", "4111/1111/1111/1111", "41111111111111111111111", "0000000000000000",
      "7000000000000005", "４１１１１１１１１１１１１１１１",
    ])
  func letThrough(_ text: String) { #expect(!CardNumber.isIn(text)) }

  @Test("Twelve and twenty digits are none, thirteen and nineteen are")
  func lengths() {
    /// `4`, zeros, and the check digit that makes Luhn hold.
    func number(_ length: Int) -> String? {
      (0...9).map { "4" + String(repeating: "0", count: length - 2) + String($0) }.first { digits in
        digits.utf8.reversed().enumerated().reduce(0) { sum, item in
          let value = Int(item.element - 48) * (item.offset % 2 + 1)
          return sum + value / 10 + value % 10
        } % 10 == 0
      }
    }
    for length in 13...19 { #expect(number(length).map(CardNumber.isIn) == true) }
    #expect(number(12).map(CardNumber.isIn) == false)
    #expect(number(20).map(CardNumber.isIn) == false)
  }

  @Test("Faults point at the text, and at the object where the name itself is the number")
  func pointers() throws {
    let body = #"{"a":"4111111111111111","b":[0,{"c/d":"5555 5555 5555 4444"}],"m":{"4111111111111111":"x"},"n":4111111111111111,"ok":"x"}"#
    let faults = CardNumber.faults(in: try JSONTree(Array(body.utf8)))
    #expect(faults.map(\.pointer) == ["/a", "/b/1/c~1d", "/m", "/n"])
    #expect(faults.allSatisfy { $0.code == .cardNumber })
    let query = [FormField(name: "order_id", value: "4111111111111111"), FormField(name: "4111111111111111", value: "")]
    #expect(CardNumber.faults(in: query).map(\.pointer) == ["/order_id", ""])
  }
}
