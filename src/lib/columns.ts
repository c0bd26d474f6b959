/** How many columns of a terminal a text takes, and how it is cut to fit. Names come in every script, and with emoji. */
const SEGMENTER = new Intl.Segmenter('en', { granularity: 'grapheme' });
const NOTHING = /^[\p{Mark}\p{Default_Ignorable_Code_Point}\p{Control}]+$/u;
/** Emoji, and the letters of East Asia that take the room of two. */
const DOUBLE =
  /^(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}\u{fe0f}|\p{Regional_Indicator}|[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}])/u;
/** Most texts. */
const PLAIN = /^[\x20-\x7e]*$/;

export function columnsOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let columns = 0;
  for (const { segment } of SEGMENTER.segment(text)) columns += columnsOfOne(segment);
  return columns;
}

/** The text in at most `columns`; what is cut off leaves a mark. */
export function cutToColumns(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  if (columns < 1) return '';
  let kept = '';
  let used = 1;
  for (const { segment } of SEGMENTER.segment(text)) {
    used += columnsOfOne(segment);
    if (used > columns) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}

export function padColumns(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const padding = ' '.repeat(Math.max(0, columns - columnsOf(text)));
  return align === 'right' ? padding + text : text + padding;
}

function columnsOfOne(segment: string): number {
  if (NOTHING.test(segment)) return 0;
  return DOUBLE.test(segment) ? 2 : 1;
}
