/**
 * The raw material of the world's people and talk, in several languages and scripts. Plain data: no real person, no
 * real shop, and never a decision.
 */

export const FIRST_NAMES = [
  'Maria',
  'Jose',
  'Ana',
  'Juan',
  'Grace',
  'Mark',
  'Linh',
  'Minh',
  'Thảo',
  'Đức',
  'Zoë',
  'Søren',
  'Łukasz',
  'Ewa',
  'İrem',
  'Mehmet',
  'Amélie',
  'Noël',
  'Jürgen',
  'Ольга',
  'Дмитро',
  'محمد',
  'فاطمة',
  'יעל',
  'सीता',
  'राहुल',
  '美咲',
  '小明',
  '서연',
  'สมชาย',
] as const;

export const LAST_NAMES = [
  'Santos',
  'Reyes',
  'Cruz',
  'Nguyễn',
  'Trần',
  'Phạm',
  'Müller',
  'Østergård',
  'Kowalska',
  'Yılmaz',
  'Dupont',
  'O’Brien',
  'García',
  'Šimić',
  'Коваленко',
  'الحسن',
  'כהן',
  'शर्मा',
  '佐藤',
  '王',
  '김',
  'ใจดี',
  'Smith-Jones',
  'de la Peña',
] as const;

/** What customers write; `{n}` becomes a number. */
export const CUSTOMER_PHRASES = [
  'Hi, is this still available?',
  'How much is item {n}? Can you ship to Cebu?',
  'Magkano po ang isa? Pwede bang COD?',
  'Good morning po, order number {n} wala pa rin 😢',
  'Thank you so much!! ❤️❤️',
  'Tôi muốn mua {n} cái, còn hàng không shop?',
  'Chào shop, cho em hỏi giá với ạ',
  'Ich hätte gern {n} Stück – geht das bis Freitag?',
  'Bonjour, où en est ma commande nº {n} ?',
  '¿Tienen talla M en azul? Pago {n} hoy mismo',
  'Czy mogę zwrócić zamówienie {n}? Rozmiar za duży…',
  'Здравствуйте! Есть ли доставка в Киев? Заказ {n}',
  'مرحبا، كم سعر المنتج رقم {n}؟',
  'שלום, מתי מגיע המשלוח {n}?',
  'नमस्ते, क्या यह {n} रुपये में मिलेगा?',
  '注文番号{n}はいつ届きますか？',
  '请问还有货吗？我要{n}个',
  '주문 {n} 배송 언제 되나요? 🙏',
  'สวัสดีค่ะ สินค้ารหัส {n} มีไหมคะ',
  '👍',
  '👨‍👩‍👧‍👦 family pack x{n} please 🎉🎉',
  'ok',
  'See https://shop.example/items/{n}?ref=chat&utm=a/b — "this one" <here>',
  'Line one\nline two\tand a tab, order {n}\\',
] as const;

/** What the Page answers; `{n}` becomes a number. */
export const PAGE_PHRASES = [
  'Hello! Thanks for your message, how can we help?',
  'Yes, we still have {n} in stock 😊',
  'Opo, pwede po ang COD. Total is ₱{n}.00',
  'Dạ shop còn hàng ạ, mình đặt {n} cái nhé',
  'Gerne! Der Versand für Bestellung {n} kostet 4,90 €.',
  'Votre colis nº {n} est parti ce matin ✅',
  'Su pedido {n} llegará mañana. ¡Gracias!',
  'شكرا لتواصلك معنا، طلبك رقم {n} قيد التجهيز',
  'ご注文{n}を発送しました。',
  'We refunded order {n}. It takes 3–5 days.',
  'You’re welcome! 🙌',
  'Here is your receipt: https://shop.example/r/{n}',
] as const;

export const SHARE_TITLES = ['Summer sale', 'Neue Kollektion', 'Bộ sưu tập mới', '新商品のお知らせ', ''] as const;

export const REACTIONS = ['love', 'smile', 'wow', 'sad', 'angry', 'like', '👍', '❤'] as const;

export const CATEGORIES = ['Shopping & Retail', 'Clothing Store', 'Restaurant', 'Beauty Salon', '相机/照片'] as const;

export const PLACEHOLDER_NAME =
  'Media not available due to new privacy rules in Europe. See developer documentation for more info';
