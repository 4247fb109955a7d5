// RFC 8785: the one way to write a JSON value. ECMAScript's own number and string forms are those of the standard,
// and its default sort is by UTF-16 units, as the standard asks.

export function canonical(value) {
  if (Array.isArray(value)) return '[' + value.map(canonical).join(',') + ']';
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return '{' + keys.map((key) => JSON.stringify(key) + ':' + canonical(value[key])).join(',') + '}';
}
