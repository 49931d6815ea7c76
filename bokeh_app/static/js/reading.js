// A text as a reviewer reads it: the words that moved the model underlined; links, phone numbers, amounts and codes set
// apart; of a link the host where it really leads. Nothing here can be clicked.
import {element, safeText} from "./text.js";

const LOOK_AT = 4_000; // characters of a text; beyond, it is plain
const ENDINGS = "com|net|org|info|biz|io|co|me|app|link|ly|cc|tv|ru|cn|in|uk|de|fr|es|id|tr|br|eu|us|xyz|top|club|shop|online|site|live|vip|win";
const LINK = new RegExp(`(?:https?://|www\\.)[^\\s<>"“”]+|(?<![\\p{L}\\p{N}@._/-])(?:[\\p{L}\\p{N}][\\p{L}\\p{N}-]*\\.)+(?:(?:${ENDINGS})(?![\\p{L}\\p{N}.-])(?:[/?#][^\\s<>"“”]*)?|\\p{L}{2,24}/[^\\s<>"“”]*)`, "giu");
const MONEY = "[£$€₹¥₽₺₩]|(?<![\\p{L}])(?:Rs\\.?|INR|USD|EUR|GBP|Rp\\.?|TL)";
const AMOUNT = new RegExp(`(?:${MONEY})\\s?\\p{Nd}[\\p{Nd}.,]*(?<![.,])(?:\\s?(?:k|m|lakh|crore|juta|rb)(?![\\p{L}]))?|(?<![\\p{L}\\p{N}.,])\\p{Nd}[\\p{Nd}.,]*\\s?(?:[€£₹₽₺](?!\\s?\\p{Nd})|(?:USD|EUR|GBP|INR|Rs|TL)(?![\\p{L}]))`, "giu");
const PHONE = /(?<![\p{L}\p{N}.,/-])(?:\+|00)?\(?\p{Nd}[\p{Nd}\s().-]{5,18}\p{Nd}(?![\p{L}\p{N}])/gu;
const DATE = /^\p{Nd}{1,4}[-./]\p{Nd}{1,2}[-./]\p{Nd}{2,4}/u;
const CODE = /(?<![\p{L}\p{N}.,/:+-])(?:[A-Z]-)?\p{Nd}{4,8}(?![\p{L}\p{N}]|[.,:/-]\p{Nd})/gu;
const SPEAKS_OF_CODES = /(?<!\p{L})(?:otp|pin|tan|codes?|pass(?:word|code)|verif\p{L}*|kode|kodu|şifre|c[oó]digo|clave|код|пароль)(?!\p{L})|कोड|ओटीपी|رمز|验证码|密码/iu;
const YEAR = /^(?:19|20)\d\d$/;

// Marks are [start, end, towards] in code points, in order.
export function readingText(text, marks) {
  const whole = document.createDocumentFragment();
  const underlined = inUnits(text, marks);
  let at = 0;
  for (const thing of things(text)) {
    fill(whole, text, at, thing.start, underlined);
    whole.append(...apart(text, thing, underlined));
    at = thing.end;
  }
  fill(whole, text, at, text.length, underlined);
  return whole;
}

// What stands apart in a text: {start, end, kind}, in order, none over another.
export function things(text) {
  const found = [];
  const looked = text.slice(0, LOOK_AT);
  const add = (kind, pattern, take = (match) => match) => {
    for (const {0: match, index} of looked.matchAll(pattern)) {
      const taken = take(match);
      const end = index + (taken ?? "").length;
      if (taken && !found.some((each) => each.start < end && index < each.end)) found.push({start: index, end, kind});
    }
  };
  add("link", LINK, (match) => match.replace(/[.,;:!?)\]}»'’]+$/u, ""));
  add("amount", AMOUNT);
  add("phone", PHONE, (match) => {
    const digits = match.match(/\p{Nd}/gu).length;
    return digits >= 8 && digits <= 15 && !DATE.test(match) ? match : null;
  });
  if (SPEAKS_OF_CODES.test(looked)) add("code", CODE, (match) => (YEAR.test(match) ? null : match));
  return found.sort((one, other) => one.start - other.start);
}

// Where a link really leads, and what one should know of that ("" where it leads where it says).
export function leads(link) {
  const scheme = /^https?:\/\//i.exec(link)?.[0] ?? "";
  const authority = /^[^/?#\\]*/.exec(link.slice(scheme.length))[0];
  const start = scheme.length + authority.lastIndexOf("@") + 1;
  const written = authority.slice(authority.lastIndexOf("@") + 1).replace(/:\d*$/, "");
  let host = written.toLowerCase();
  try { host = new URL(`${scheme || "http://"}${authority}`).hostname; } catch { /* it leads nowhere */ }
  let warning = "";
  if (host.includes("xn--")) warning = `${mixed(written) ? "look-alike letters: " : ""}leads to ${host}`;
  else if (/^[\d.]+$|^\[/.test(host)) warning = `an address in numbers: ${host}`;
  else if (authority.includes("@") || host !== written.toLowerCase()) warning = `leads to ${host}`;
  return {start, end: start + written.length, warning};
}

// One part of a host in letters of two alphabets, or in Cyrillic or Greek ones that all look Latin.
function mixed(host) {
  return host.split(".").some((part) => /[^\u0000-\u007f]/.test(part) && (/[a-z]/i.test(part) || /^[аеорсухѕіјһԁԛԝӏαορνυ-]+$/i.test(part)));
}

function apart(text, {start, end, kind}, marks) {
  const made = element("span", `thing is-${kind}`);
  made.dir = "ltr"; // digits and addresses run so in every script
  if (kind !== "link") { fill(made, text, start, end, marks); return [made]; }
  const host = leads(text.slice(start, end));
  fill(made, text, start, start + host.start, marks);
  const name = element("b", "host");
  fill(name, text, start + host.start, start + host.end, marks);
  made.append(name);
  fill(made, text, start + host.end, end, marks);
  return host.warning ? [made, element("span", "mark where", host.warning)] : [made];
}

function fill(into, text, from, to, marks) {
  let at = from;
  for (const mark of marks) {
    if (mark.end <= at || mark.start >= to) continue;
    const start = Math.max(mark.start, at), end = Math.min(mark.end, to);
    safeText(text.slice(at, start), into);
    const made = element("mark", mark.towards ? "towards" : "away");
    safeText(text.slice(start, end), made);
    into.append(made);
    at = end;
  }
  safeText(text.slice(at, to), into);
}

// Code points to places in the string: one that needs two is two here.
function inUnits(text, marks) {
  if (!marks.length) return [];
  const at = [];
  let unit = 0;
  for (const point of text) { at.push(unit); unit += point.length; }
  at.push(unit);
  return marks.map(([start, end, towards]) => ({start: at[start] ?? unit, end: at[end] ?? unit, towards}));
}
