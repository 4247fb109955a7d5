// What a reader adds to a code, or does to its signs, taken away. The twin of scanner/gs1/scan_text.py.
const SIGNS = { "\u3000": " ", "。": ".", "｡": ".", "、": "/", "【": "[", "】": "]" };
const GS1 = ["]C1", "]e0", "]d2", "]Q3", "]J1"];
const FRAME = /^[\u0000-\u001c\u001e\u001f \u007f\u00a0\u200b\ufeff]+|[\u0000-\u001c\u001e\u001f \u007f\u00a0\u200b\ufeff]+$/g;

/** Full-width signs as an input method types them, each as the one sign of ASCII that it stands for. */
const ascii = (text) =>
  text.replace(/[\uff01-\uff5e\u3000。｡、【】]/g, (sign) => SIGNS[sign] ?? String.fromCharCode(sign.charCodeAt(0) - 0xfee0));

/** {text: as the symbol holds it, isGs1: the symbology or a leading FNC1 says that it is an element string}. */
export function scanText(raw) {
  let text = ascii(raw.replace(FRAME, "")).replace(FRAME, "");
  const marked = GS1.some((symbology) => text.startsWith(symbology));
  text = text.replace(/^\][A-Za-z][0-9A-Za-z]/, "").replace(/^(?:\\[0-9]{6})+/, "");
  return text.startsWith("\u001d") ? { text: text.slice(1), isGs1: true } : { text, isGs1: marked };
}
