/** Tables as CSV (RFC 4180), for spreadsheets that would take some texts for formulas. */

export type Cell = string | number | null;

const FORMULA = /^[\s]*[=+\-@\t\r]/;
const BYTE_ORDER_MARK = "\uFEFF"; // else Excel reads Chinese as Latin letters

/** Rows as one text. Null is an empty cell; a text that a spreadsheet would execute begins with an apostrophe. */
export function csv(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

function field(cell: Cell): string {
  if (cell === null) {
    return "";
  }
  if (typeof cell === "number") {
    return String(cell);
  }
  const text = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Has the browser save a text as a file. */
export function download(name: string, text: string, type = "text/csv"): void {
  saveBlob(name, new Blob([BYTE_ORDER_MARK, text], { type: `${type};charset=utf-8` }));
}

export function saveBlob(name: string, blob: Blob): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The download has begun by then; a revoked address would end it in some browsers.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
