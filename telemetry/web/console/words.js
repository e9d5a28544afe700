// The interface's words: looked up in the catalogue of the page's language, `texts/<language>.js`.

const { default: TEXTS } = await import(`./texts/${document.documentElement.lang || "zh-CN"}.js`);

/** The text of a dotted key, `{name}` replaced from `values`. A key that isn't there is shown as it is. */
export function t(key, values = {}) {
  const text = find(key);
  if (typeof text !== "string") return key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name] ?? "") : whole));
}

/** The word for a code out of a group ("status", "open"); an unknown code is shown as it is. */
export function word(group, code) {
  if (code === null || code === undefined || code === "") return "";
  const found = find(group)?.[code];
  return typeof found === "string" ? found : String(code);
}

/** The group's choices as [code, word], in the catalogue's order. */
export function choices(group) {
  return Object.entries(find(group) ?? {});
}

function find(key) {
  return key.split(".").reduce((at, part) => at?.[part], TEXTS);
}
