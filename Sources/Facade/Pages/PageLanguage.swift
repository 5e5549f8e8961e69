/// The languages the state page speaks, and its words.
enum PageLanguage: String, Sendable, CaseIterable {
  case en, ru, uz, kk, ky

  /// From a language tag or an Accept-Language field: the first tag's main part (RFC 9110 §12.5.4), English where we do not speak it.
  init(_ text: String) {
    self = PageLanguage(rawValue: String(text.prefix { $0.isLetter }).lowercased()) ?? .en
  }

  func words(for state: LinkState) -> (title: String, text: String) {
    let row = Self.table[state.word] ?? [:]
    return row[self] ?? row[.en] ?? ("", "")
  }

  /// What stands on the button that opens a fresh page.
  var openPage: String {
    switch self {
    case .en: "Open the payment page"
    case .ru: "Открыть страницу оплаты"
    case .uz: "To‘lov sahifasini ochish"
    case .kk: "Төлем бетін ашу"
    case .ky: "Төлөм барагын ачуу"
    }
  }

  /// By `LinkState.word`.
  private static let table: [String: [PageLanguage: (title: String, text: String)]] = [
    "creating": [
      .en: ("One moment", "The payment page is being prepared. This page renews itself."),
      .ru: ("Одну минуту", "Страница оплаты готовится. Эта страница обновится сама."),
      .uz: ("Bir lahza", "To‘lov sahifasi tayyorlanmoqda. Bu sahifa o‘zi yangilanadi."),
      .kk: ("Бір сәт күтіңіз", "Төлем беті дайындалып жатыр. Бұл бет өзі жаңарады."),
      .ky: ("Бир аз күтүңүз", "Төлөм барагы даярдалууда. Бул барак өзү жаңырат."),
    ],
    "pageEnded": [
      .en: ("The payment page has closed", "Its time is over. Please ask the shop for a new link."),
      .ru: ("Страница оплаты закрыта", "Её время истекло. Попросите у магазина новую ссылку."),
      .uz: ("To‘lov sahifasi yopildi", "Uning vaqti tugadi. Do‘kondan yangi havola so‘rang."),
      .kk: ("Төлем беті жабылды", "Оның уақыты бітті. Дүкеннен жаңа сілтеме сұраңыз."),
      .ky: ("Төлөм барагы жабылды", "Анын убактысы бүттү. Дүкөндөн жаңы шилтеме сураңыз."),
    ],
    "renewable": [
      .en: ("Pay this order", "The last payment page has closed. You can open a new one."),
      .ru: ("Оплатить заказ", "Прежняя страница оплаты закрыта. Можно открыть новую."),
      .uz: ("Buyurtmani to‘lash", "Avvalgi to‘lov sahifasi yopildi. Yangisini ochish mumkin."),
      .kk: ("Тапсырысты төлеу", "Алдыңғы төлем беті жабылды. Жаңасын ашуға болады."),
      .ky: ("Буйрутманы төлөө", "Мурунку төлөм барагы жабылды. Жаңысын ачса болот."),
    ],
    "paying": [
      .en: ("A payment may be under way", "Please wait until its result is known. This page renews itself."),
      .ru: ("Возможно, идёт оплата", "Подождите, пока станет известен результат. Эта страница обновится сама."),
      .uz: ("To‘lov bajarilayotgan bo‘lishi mumkin", "Natija ma’lum bo‘lguncha kuting. Bu sahifa o‘zi yangilanadi."),
      .kk: ("Төлем жүріп жатуы мүмкін", "Нәтижесі белгілі болғанша күтіңіз. Бұл бет өзі жаңарады."),
      .ky: ("Төлөм жүрүп жатышы мүмкүн", "Жыйынтыгы белгилүү болгуча күтүңүз. Бул барак өзү жаңырат."),
    ],
    "paid": [
      .en: ("Paid", "The payment has arrived. Thank you."),
      .ru: ("Оплачено", "Платёж получен. Спасибо."),
      .uz: ("To‘landi", "To‘lov qabul qilindi. Rahmat."),
      .kk: ("Төленді", "Төлем қабылданды. Рахмет."),
      .ky: ("Төлөндү", "Төлөм кабыл алынды. Рахмат."),
    ],
    "review": [
      .en: ("The payment is being checked", "It has arrived, and the shop is looking at it. Do not pay again."),
      .ru: ("Платёж проверяется", "Он получен, и магазин его проверяет. Не платите ещё раз."),
      .uz: ("To‘lov tekshirilmoqda", "U qabul qilindi va do‘kon uni tekshirmoqda. Qayta to‘lamang."),
      .kk: ("Төлем тексерілуде", "Ол түсті, дүкен оны тексеріп жатыр. Қайта төлемеңіз."),
      .ky: ("Төлөм текшерилүүдө", "Ал түштү, дүкөн аны текшерип жатат. Кайра төлөбөңүз."),
    ],
    "expired": [
      .en: ("The link has expired", "Please ask the shop for a new one."),
      .ru: ("Срок ссылки истёк", "Попросите у магазина новую."),
      .uz: ("Havola muddati tugadi", "Do‘kondan yangisini so‘rang."),
      .kk: ("Сілтеменің мерзімі бітті", "Дүкеннен жаңасын сұраңыз."),
      .ky: ("Шилтеменин мөөнөтү бүттү", "Дүкөндөн жаңысын сураңыз."),
    ],
    "canceled": [
      .en: ("The link was canceled", "The shop does not offer it any more."),
      .ru: ("Ссылка отменена", "Магазин её больше не предлагает."),
      .uz: ("Havola bekor qilindi", "Do‘kon uni endi taklif qilmaydi."),
      .kk: ("Сілтеме тоқтатылды", "Дүкен оны енді ұсынбайды."),
      .ky: ("Шилтеме жокко чыгарылды", "Дүкөн аны мындан ары сунуштабайт."),
    ],
    "failed": [
      .en: ("The link does not work", "The payment page could not be opened. Please ask the shop for a new link."),
      .ru: ("Ссылка не работает", "Страницу оплаты открыть не удалось. Попросите у магазина новую ссылку."),
      .uz: ("Havola ishlamaydi", "To‘lov sahifasini ochib bo‘lmadi. Do‘kondan yangi havola so‘rang."),
      .kk: ("Сілтеме жұмыс істемейді", "Төлем бетін ашу мүмкін болмады. Дүкеннен жаңа сілтеме сұраңыз."),
      .ky: ("Шилтеме иштебейт", "Төлөм барагын ачууга мүмкүн болгон жок. Дүкөндөн жаңы шилтеме сураңыз."),
    ],
    "notFound": [
      .en: ("No such link", "Please look at the address again, or ask the shop."),
      .ru: ("Такой ссылки нет", "Проверьте адрес или спросите в магазине."),
      .uz: ("Bunday havola yo‘q", "Manzilni tekshiring yoki do‘kondan so‘rang."),
      .kk: ("Мұндай сілтеме жоқ", "Мекенжайды тексеріңіз немесе дүкеннен сұраңыз."),
      .ky: ("Мындай шилтеме жок", "Даректи текшериңиз же дүкөндөн сураңыз."),
    ],
    "unavailable": [
      .en: ("Please try again", "The link cannot be opened right now. Try again in a moment."),
      .ru: ("Попробуйте ещё раз", "Сейчас ссылку открыть нельзя. Повторите чуть позже."),
      .uz: ("Qayta urinib ko‘ring", "Hozir havolani ochib bo‘lmaydi. Birozdan so‘ng qayta urinib ko‘ring."),
      .kk: ("Қайта көріңіз", "Қазір сілтемені ашу мүмкін емес. Сәл кейінірек қайталаңыз."),
      .ky: ("Кайра аракет кылыңыз", "Азыр шилтемени ачуу мүмкүн эмес. Бир аздан кийин кайталаңыз."),
    ],
  ]
}

extension LinkState {
  /// The row of the words; a payable link has none, since it is never a page.
  var word: String {
    switch self {
    case .payable: "payable"
    case .creating: "creating"
    case .renewable: "renewable"
    case .pageEnded: "pageEnded"
    case .paying: "paying"
    case .paid: "paid"
    case .review: "review"
    case .expired: "expired"
    case .canceled: "canceled"
    case .failed: "failed"
    case .notFound: "notFound"
    case .unavailable: "unavailable"
    }
  }
}
