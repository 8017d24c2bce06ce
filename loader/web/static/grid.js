// A grid of constant size over any number of rows: only what can be seen is there, and the focus stays where it is.
// The grid itself has the focus, so that no key goes nowhere when cells are drawn anew.
import { rowsIn, textOf } from "./range.js";

const ROW = 31, HEAD = 32, NUMBER = 64, BESIDE = 4, MOST_CELLS = 1100;
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

function made(kind, className, parent, role) {
  const element = document.createElement(kind);
  element.className = className;
  if (role) element.setAttribute("role", role);
  parent.append(element);
  return element;
}

export class Grid extends EventTarget {
  // model: columns, rows (those that are shown), text(row, column), mark(row, column), rowMark(row), edited(row, column), isOut(row)
  constructor(root, model) {
    super();
    this.root = root;
    this.model = model;
    this.at = { row: 0, column: 0 };
    this.anchor = { row: 0, column: 0 };
    this.size = made("div", "size", root, "presentation");
    this.headers = made("div", "headers", this.size, "row");
    this.headers.setAttribute("aria-rowindex", "1");
    this.lines = new Map();
    this.spare = [];
    this.names = [];
    this.editor = null;
    this.listen();
  }

  // Columns as wide as what is in them.
  measure() {
    const { columns, rows, text } = this.model;
    this.widths = columns.map((column, index) => {
      let longest = Math.max(4, (column.header || column.letter).length + 1);
      for (let at = 0; at < Math.min(rows.length, 200); at += 1) longest = Math.max(longest, text(rows[at], index).length + 2);
      return clamp(Math.ceil(longest * 7.8) + 20, 72, 260);
    });
    this.lefts = [];
    let left = NUMBER;
    for (const width of this.widths) { this.lefts.push(left); left += width; }
    this.width = left;
  }

  // Everything anew: other rows are shown, or other columns.
  refresh() {
    if (!this.widths) this.measure();
    const { rows, columns } = this.model;
    this.size.style.width = `${this.width}px`;
    this.size.style.height = `${HEAD + rows.length * ROW + 2}px`;
    this.root.setAttribute("aria-rowcount", String(rows.length + 1));
    this.root.setAttribute("aria-colcount", String(columns.length + 1));
    this.at.row = clamp(this.at.row, 0, Math.max(rows.length - 1, 0));
    this.anchor = { ...this.at };
    this.draw();
  }

  window() {
    const { scrollTop, scrollLeft, clientHeight, clientWidth } = this.root;
    const { columns, rows } = this.model;
    let from = 0, to = columns.length;
    while (from < columns.length - 1 && this.lefts[from] + this.widths[from] < scrollLeft + NUMBER) from += 1;
    while (to > from + 1 && this.lefts[to - 1] > scrollLeft + clientWidth) to -= 1;
    const shown = new Set();
    for (let column = Math.max(from - 1, 0); column < Math.min(to + 1, columns.length); column += 1) shown.add(column);
    if (columns.length) shown.add(this.at.column);
    const first = Math.max(Math.floor(scrollTop / ROW) - BESIDE, 0);
    const most = Math.floor(MOST_CELLS / (shown.size + 2));
    this.root.style.maxHeight = `${Math.max(most - 2 * BESIDE, 8) * ROW}px`; // or a large screen would have blank rows
    const count = Math.min(Math.ceil(clientHeight / ROW) + 2 * BESIDE, most);
    const lines = new Set();
    for (let row = first; row < Math.min(first + count, rows.length); row += 1) lines.add(row);
    if (rows.length) lines.add(this.at.row);
    return { shown: [...shown].sort((a, b) => a - b), lines };
  }

  draw() {
    const { shown, lines } = this.window();
    this.drawHeaders(shown);
    for (const [row, line] of this.lines) {
      if (!lines.has(row)) { this.lines.delete(row); line.element.hidden = true; this.spare.push(line); }
    }
    for (const row of lines) {
      let line = this.lines.get(row);
      if (!line) { line = this.spare.pop() || this.newLine(); line.element.hidden = false; this.lines.set(row, line); }
      this.drawLine(line, row, shown);
    }
    while (this.spare.length > 2) this.spare.pop().element.remove();
    const active = document.getElementById(`cell-${this.at.row}-${this.at.column}`);
    if (active) this.root.setAttribute("aria-activedescendant", active.id);
    else this.root.removeAttribute("aria-activedescendant");
  }

  drawHeaders(shown) {
    if (!this.corner) {
      this.corner = made("div", "number corner", this.headers, "columnheader");
      this.corner.textContent = "Row";
      this.corner.style.width = `${NUMBER}px`;
      this.headers.style.width = `${this.width}px`;
    }
    while (this.names.length > shown.length) this.names.pop().remove();
    while (this.names.length < shown.length) this.names.push(made("div", "name", this.headers, "columnheader"));
    shown.forEach((column, index) => {
      const known = this.model.columns[column], name = this.names[index];
      name.className = `name ${known.means ? this.model.headerMark(column) : "unused"}`;
      name.textContent = known.header || known.letter;
      name.title = known.means ? `${known.letter}: ${known.means}. ${known.rule}` : `${known.letter}: not used`;
      name.setAttribute("aria-colindex", String(column + 2));
      name.style.left = `${this.lefts[column]}px`;
      name.style.width = `${this.widths[column]}px`;
    });
  }

  newLine() {
    const element = made("div", "line", this.size, "row");
    const number = made("div", "number", element, "rowheader");
    number.style.width = `${NUMBER}px`;
    return { element, number, cells: [] };
  }

  drawLine(line, row, shown) {
    const { rows, text, mark, rowMark, edited, isOut } = this.model;
    const at = rows[row], out = isOut(at);
    line.element.className = out ? "line out" : "line";
    line.element.style.width = `${this.width}px`;
    line.element.style.transform = `translateY(${row * ROW}px)`;
    line.element.style.top = `${HEAD}px`;
    line.element.setAttribute("aria-rowindex", String(row + 2));
    line.number.className = `number ${rowMark(at)}`;
    line.number.textContent = String(at);
    line.number.row = row;
    line.number.title = out ? `Left out by ${out}: it is not sent` : "";
    while (line.cells.length > shown.length) line.cells.pop().remove();
    while (line.cells.length < shown.length) line.cells.push(made("div", "cell", line.element, "gridcell"));
    shown.forEach((column, index) => {
      const cell = line.cells[index], kind = out ? "" : mark(at, column);
      const active = row === this.at.row && column === this.at.column;
      cell.id = `cell-${row}-${column}`;
      cell.row = row;
      cell.column = column;
      cell.className = `cell ${kind}${edited(at, column) ? " edited" : ""}${active ? " active" : ""}${this.inRange(row, column) ? " range" : ""}`;
      cell.textContent = text(at, column);
      cell.style.left = `${this.lefts[column]}px`;
      cell.style.width = `${this.widths[column]}px`;
      cell.setAttribute("aria-colindex", String(column + 2));
      cell.setAttribute("aria-selected", String(active || this.inRange(row, column)));
      if (kind === "error") cell.setAttribute("aria-invalid", "true"); else cell.removeAttribute("aria-invalid");
    });
  }

  range() {
    const rows = [this.at.row, this.anchor.row].sort((a, b) => a - b);
    const columns = [this.at.column, this.anchor.column].sort((a, b) => a - b);
    return { top: rows[0], bottom: rows[1], left: columns[0], right: columns[1] };
  }

  get isRange() { return this.at.row !== this.anchor.row || this.at.column !== this.anchor.column; }

  inRange(row, column) {
    if (!this.isRange) return false;
    const { top, bottom, left, right } = this.range();
    return row >= top && row <= bottom && column >= left && column <= right;
  }

  // Go to a cell, and see it.
  go(row, column, { extend = false } = {}) {
    const { rows, columns } = this.model;
    if (!rows.length || !columns.length) return;
    this.at = { row: clamp(row, 0, rows.length - 1), column: clamp(column, 0, columns.length - 1) };
    if (!extend) this.anchor = { ...this.at };
    const top = this.at.row * ROW, left = this.lefts[this.at.column], right = left + this.widths[this.at.column];
    const { scrollTop, scrollLeft, clientHeight, clientWidth } = this.root;
    if (top < scrollTop) this.root.scrollTop = top;
    else if (top + ROW + HEAD > scrollTop + clientHeight) this.root.scrollTop = top + ROW + HEAD - clientHeight;
    if (left - NUMBER < scrollLeft) this.root.scrollLeft = left - NUMBER;
    else if (right > scrollLeft + clientWidth) this.root.scrollLeft = Math.min(right - clientWidth, left - NUMBER);
    this.draw();
    this.dispatchEvent(new Event("move"));
  }

  edit(text) {
    const { rows, columns } = this.model;
    if (this.editor || !rows.length) return;
    const { row, column } = this.at;
    const editor = made("input", "editor", this.size);
    editor.setAttribute("aria-label", `${columns[column].header || columns[column].letter}, row ${rows[row]}`);
    editor.value = text === undefined ? this.model.text(rows[row], column) : text;
    editor.style.left = `${this.lefts[column]}px`;
    editor.style.top = `${HEAD + row * ROW}px`;
    editor.style.width = `${Math.max(this.widths[column], 160)}px`;
    this.editor = editor;
    editor.addEventListener("blur", () => this.close(true));
    editor.addEventListener("keydown", (event) => this.whileEditing(event));
    editor.focus();
    if (text === undefined) editor.select();
  }

  close(keep) {
    const editor = this.editor;
    if (!editor) return;
    this.editor = null;
    const { row, column } = this.at, { rows, columns } = this.model;
    const changed = keep && editor.value !== this.model.text(rows[row], column);
    const text = editor.value;
    const back = document.activeElement === editor;
    editor.remove();
    if (back) this.root.focus({ preventScroll: true });
    if (changed) this.change([[rows[row], columns[column].at, text]]);
  }

  whileEditing(event) {
    const { row, column } = this.at;
    event.stopPropagation();
    if (event.key === "Escape") { event.preventDefault(); this.close(false); return; }
    const there = { Enter: [row + (event.shiftKey ? -1 : 1), column], Tab: [row, column + (event.shiftKey ? -1 : 1)] }[event.key];
    if (!there || event.isComposing) return;
    event.preventDefault();
    this.root.focus({ preventScroll: true });
    this.close(true);
    this.go(...there);
  }

  change(edits) {
    if (edits.length) this.dispatchEvent(new CustomEvent("change", { detail: edits }));
  }

  // All cells of the range, by what `text` says of each.
  rewrite(text) {
    const { top, bottom, left, right } = this.range(), { rows, columns } = this.model;
    const edits = [];
    for (let row = top; row <= bottom; row += 1) {
      for (let column = left; column <= right; column += 1) {
        const fresh = text(row, column);
        if (fresh !== this.model.text(rows[row], column)) edits.push([rows[row], columns[column].at, fresh]);
      }
    }
    this.change(edits);
  }

  fillDown() {
    const { rows } = this.model;
    if (!this.isRange && this.at.row > 0) this.rewrite((row, column) => this.model.text(rows[row - 1], column));
    else { const { top } = this.range(); this.rewrite((_, column) => this.model.text(rows[top], column)); }
  }

  copied() {
    const { top, bottom, left, right } = this.range(), { rows } = this.model;
    const lines = [];
    for (let row = top; row <= bottom; row += 1) {
      const line = [];
      for (let column = left; column <= right; column += 1) line.push(this.model.text(rows[row], column));
      lines.push(line);
    }
    return textOf(lines);
  }

  paste(text) {
    const block = rowsIn(text), { rows, columns } = this.model, { top, left } = this.range();
    if (block.length === 1 && block[0].length === 1) { this.rewrite(() => block[0][0]); return; }
    const edits = [];
    let beyond = 0;
    block.forEach((line, down) => line.forEach((fresh, along) => {
      const row = rows[top + down], column = columns[left + along];
      if (row === undefined || column === undefined) beyond += 1;
      else if (fresh !== this.model.text(row, left + along)) edits.push([row, column.at, fresh]);
    }));
    this.change(edits);
    if (beyond) this.dispatchEvent(new CustomEvent("beyond", { detail: beyond }));
  }

  listen() {
    const { root } = this;
    let asked = false;
    const later = () => { if (!asked) { asked = true; requestAnimationFrame(() => { asked = false; this.draw(); }); } };
    root.addEventListener("scroll", later);
    new ResizeObserver(() => { if (this.widths) later(); }).observe(root);
    root.addEventListener("keydown", (event) => this.key(event));
    let dragging = false;
    root.addEventListener("mousedown", (event) => {
      const cell = event.target.closest(".cell, .line .number");
      if (!cell || event.button) return;
      event.preventDefault();
      root.focus({ preventScroll: true });
      this.close(true);
      dragging = true;
      this.go(cell.row, cell.column ?? 0, { extend: event.shiftKey });
    });
    root.addEventListener("mouseover", (event) => {
      const cell = event.target.closest(".cell");
      if (dragging && cell) this.go(cell.row, cell.column, { extend: true });
    });
    addEventListener("mouseup", () => { dragging = false; });
    root.addEventListener("dblclick", (event) => { if (event.target.closest(".cell")) this.edit(); });
    root.addEventListener("copy", (event) => { if (!this.editor) { event.preventDefault(); event.clipboardData.setData("text/plain", this.copied()); } });
    root.addEventListener("cut", (event) => { if (!this.editor) { event.preventDefault(); event.clipboardData.setData("text/plain", this.copied()); this.rewrite(() => ""); } });
    root.addEventListener("paste", (event) => { if (!this.editor) { event.preventDefault(); this.paste(event.clipboardData.getData("text/plain")); } });
  }

  key(event) {
    if (this.editor || event.isComposing) return;
    const { row, column } = this.at, { rows, columns } = this.model;
    const page = Math.max(Math.floor(this.root.clientHeight / ROW) - 2, 1), end = event.ctrlKey || event.metaKey;
    const there = {
      ArrowUp: [end ? 0 : row - 1, column], ArrowDown: [end ? rows.length - 1 : row + 1, column],
      ArrowLeft: [row, end ? 0 : column - 1], ArrowRight: [row, end ? columns.length - 1 : column + 1],
      Home: [end ? 0 : row, 0], End: [end ? rows.length - 1 : row, columns.length - 1],
      PageUp: [row - page, column], PageDown: [row + page, column],
    }[event.key];
    if (there) this.go(...there, { extend: event.shiftKey });
    else if (event.key === "Enter") this.go(row + (event.shiftKey ? -1 : 1), column);
    else if (event.key === "F2") this.edit();
    else if (event.key === "Delete" || event.key === "Backspace") this.rewrite(() => "");
    else if (end && event.key.toLowerCase() === "d") this.fillDown();
    else if (end && event.key.toLowerCase() === "a") { this.anchor = { row: 0, column: 0 }; this.go(rows.length - 1, columns.length - 1, { extend: true }); }
    else if (event.key.length === 1 && !end && !event.altKey) this.edit(event.key);
    else return;
    event.preventDefault();
  }
}
