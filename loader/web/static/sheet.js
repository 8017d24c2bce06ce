// A sheet as the server has told it: cells, problems, and what has changed.
import { ask } from "./api.js";

export class Sheet {
  constructor(id) {
    this.id = id;
    this.path = `/api/sheets/${id}`;
  }

  async load() {
    const first = await ask(`${this.path}/grid`);
    this.columns = first.columns;
    this.headerRow = first.header_row;
    this.indexOf = new Map(first.columns.map((column, index) => [column.at, index]));
    this.cells = new Map();
    this.rows = [];
    this.take(first);
    for (let begin = first.rows.length; begin < first.of; begin = this.rows.length) this.take(await ask(`${this.path}/grid?begin=${begin}`));
    this.changed = new Set(first.edited.map(([row, column]) => `${row}:${column}`));
    this.problems = [];
    this.become(first);
    this.learn(null, first.problems);
  }

  take({ rows, texts, cells }) {
    rows.forEach((row, at) => { this.rows.push(row); this.cells.set(row, cells[at].map((text) => texts[text])); });
  }

  become(state) {
    this.revision = state.revision;
    this.undo = state.undo;
    this.redo = state.redo;
    this.counts = state.counts;
    this.remarks = state.remarks;
    this.leftOut = new Map(state.left_out);
  }

  // What an edit has changed: cells, and the problems of the rows that were checked again.
  apply(change) {
    for (const [row, at, text] of change.cells) {
      const index = this.indexOf.get(at);
      if (index === undefined || !this.cells.has(row)) continue;
      this.cells.get(row)[index] = text;
      this.changed.add(`${row}:${at}`);
    }
    this.become(change);
    this.learn(new Set(change.touched), change.problems);
  }

  // Problems of some rows, or of all.
  learn(rows, fresh) {
    const kept = rows ? this.problems.filter((it) => !rows.has(it.row)) : [];
    this.problems = [...kept, ...fresh].sort((a, b) => a.row - b.row || (a.column || 0) - (b.column || 0));
    this.marks = new Map();
    this.byRow = new Map();
    for (const problem of this.problems) {
      for (let row = problem.row; row <= problem.last[0]; row += 1) {
        if (!this.byRow.has(row)) this.byRow.set(row, []);
        this.byRow.get(row).push(problem);
        for (let column = problem.column; column && column <= problem.last[1]; column += 1) {
          const key = `${row}:${column}`;
          if (this.marks.get(key) !== "error") this.marks.set(key, problem.severity);
        }
      }
    }
  }

  text(row, index) { return this.cells.get(row)[index] ?? ""; }

  at(row, column) {
    return (this.byRow.get(row) || []).filter((it) => !it.column || (column >= it.column && column <= it.last[1]));
  }

  // Those of one kind together; errors before warnings.
  kinds() {
    const kinds = new Map();
    for (const problem of this.problems) {
      if (!kinds.has(problem.kind)) kinds.set(problem.kind, []);
      kinds.get(problem.kind).push(problem);
    }
    return [...kinds.values()].sort((a, b) => (a[0].severity === "error" ? 0 : 1) - (b[0].severity === "error" ? 0 : 1));
  }
}
