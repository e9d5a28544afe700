// Addresses: `#/incidents/I-17?status=open` names a page, its parts and its filters.

/**
 * The address's page, the parts after it, and its filters.
 * @returns {Place}
 */
export function current() {
  const [path, search = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, ...parts] = path.split("/").map(decodeURIComponent);
  return { name, parts, query: Object.fromEntries(new URLSearchParams(search)) };
}

/**
 * The hash of a page with its filters, empty ones left out.
 * @param {string} path
 * @param {Kept} [query]
 */
export function to(path, query = {}) {
  const search = new URLSearchParams(Object.entries(query).flatMap(([name, value]) => (value ? [[name, value]] : []))).toString();
  return `#/${path}${search ? `?${search}` : ""}`;
}

/**
 * Writes the filters into the address without showing the page anew.
 * @param {Kept} query
 */
export function keepQuery(query) {
  const { name, parts } = current();
  history.replaceState(null, "", to([name, ...parts.map(encodeURIComponent)].join("/"), query));
}
