// A range as spreadsheets put it on the clipboard: tabs between cells, quotation marks around those with breaks.
export function rowsIn(text) {
  const found = [[]];
  let cell = "", inside = false;
  const clean = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  for (let at = 0; at < clean.length; at += 1) {
    const letter = clean[at];
    if (inside) {
      if (letter === '"' && clean[at + 1] === '"') { cell += '"'; at += 1; } else if (letter === '"') inside = false;
      else cell += letter;
    } else if (letter === '"' && cell === "") inside = true;
    else if (letter === "\t") { found.at(-1).push(cell); cell = ""; } else if (letter === "\n") { found.at(-1).push(cell); cell = ""; found.push([]); } else cell += letter;
  }
  found.at(-1).push(cell);
  return found;
}

export const textOf = (rows) => rows.map((row) => row.map((cell) => (/[\t\n"]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join("\t")).join("\n");
