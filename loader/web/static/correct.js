// Correct: the grid, its problems by kind, and the sentence of the cell that has the focus.
import { ask, send } from "./api.js";
import { Grid } from "./grid.js";
import { Sheet } from "./sheet.js";

const $ = (id) => document.getElementById(id);
const sheet = new Sheet(document.querySelector("[data-sheet]").dataset.sheet);
const GLYPHS = { error: "✕", warning: "▲" };
let grid = null, only = "", queue = Promise.resolve(), hiding = 0;

function made(kind, className, text, parent) {
  const element = document.createElement(kind);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  if (parent) parent.append(element);
  return element;
}

function say(text) {
  const toast = $("toast");
  toast.textContent = text;
  toast.hidden = !text;
  clearTimeout(hiding);
  hiding = setTimeout(() => { toast.hidden = true; }, 8000);
}

const model = {
  columns: [],
  rows: [],
  text: (row, index) => sheet.text(row, index),
  mark: (row, index) => sheet.marks.get(`${row}:${sheet.columns[index].at}`) || "",
  rowMark: (row) => ((sheet.byRow.get(row) || []).some((it) => !it.column && it.severity === "error") ? "error" : ""),
  headerMark: (index) => sheet.marks.get(`${sheet.headerRow}:${sheet.columns[index].at}`) || "",
  edited: (row, index) => sheet.changed.has(`${row}:${sheet.columns[index].at}`),
  isOut: (row) => sheet.leftOut.get(row) || "",
};

// What is shown: all rows, those with problems, or those of one kind of problem.
function filter() {
  const rows = only === "" ? null : new Set(sheet.problems.filter((it) => only === "any" || it.kind === only).flatMap((it) => {
    const all = [];
    for (let row = it.row; row <= it.last[0]; row += 1) all.push(row);
    return all;
  }));
  const here = model.rows[grid.at.row];
  model.rows = rows ? sheet.rows.filter((row) => rows.has(row)) : sheet.rows;
  const at = model.rows.indexOf(here);
  grid.at.row = at < 0 ? 0 : at;
  grid.refresh();
}

function show() {
  for (const [name, count] of Object.entries(sheet.counts)) {
    for (const element of document.querySelectorAll(`[data-count="${name}"]`)) element.textContent = count.toLocaleString("en");
    for (const element of document.querySelectorAll(`[data-pill="${name}"]`)) element.hidden = count === 0;
    for (const element of document.querySelectorAll(`[data-noun="${name}"]`)) element.textContent = count === 1 ? name.slice(0, -1) : name;
  }
  $("undo").disabled = !sheet.undo;
  $("redo").disabled = !sheet.redo;
  const remarks = $("remarks");
  remarks.hidden = sheet.remarks.length === 0;
  remarks.querySelector("summary").textContent = `${sheet.remarks.length} ${sheet.remarks.length === 1 ? "remark" : "remarks"} about the sheet`;
  remarks.querySelector("ul").replaceChildren(...sheet.remarks.map((text) => made("li", "", text)));
  showKinds();
  showCell();
}

function showKinds() {
  const kinds = sheet.kinds();
  if (only && only !== "any" && !kinds.some((it) => it[0].kind === only)) { only = ""; filter(); }
  $("only").checked = only === "any";
  $("only-label").hidden = kinds.length === 0;
  $("kinds").replaceChildren(...kinds.map(kindOf));
  if (kinds.length === 0) {
    const nothing = made("div", "blank", undefined, $("kinds"));
    made("span", "pill ready", "● Nothing is wrong", nothing);
    made("p", "", "Every row that is not left out is ready.", nothing);
  }
}

// The sentence of a problem whose header stands before it already.
const withoutHeader = (it) => (it.header && it.text.startsWith(it.header) ? it.text.slice(it.header.length).replace(/^:? /, "") : it.text);

function kindOf(problems) {
  const [first] = problems, box = made("div", `kind ${first.severity}`);
  if (only === first.kind) box.dataset.on = "yes";
  const button = made("button", "pick", undefined, box);
  button.type = "button";
  button.setAttribute("aria-pressed", String(only === first.kind));
  made("span", "glyph", GLYPHS[first.severity], button).setAttribute("aria-hidden", "true");
  made("span", "", first.header || "Row", button);
  made("span", "", problems.length.toLocaleString("en"), button);
  button.addEventListener("click", () => {
    only = only === first.kind ? "" : first.kind;
    filter();
    showKinds();
    goTo(first);
  });
  made("p", "", withoutHeader(first), box);
  const mends = mendsOf(problems);
  if (mends) {
    const mend = made("button", "mend", mends.label, box);
    mend.type = "button";
    mend.addEventListener("click", () => change(mends.edits));
  }
  return box;
}

// One button for all of a kind: where one correction fits them all, or each has one that needs no person.
// None where a person has to choose between several: those stand beside the sentence of the cell.
function mendsOf(problems) {
  const fixed = problems.filter((it) => it.column && (it.fixes?.length === 1 || it.fixes?.[0]?.sure));
  if (fixed.length < problems.length) return null;
  const texts = new Set(fixed.map((it) => it.fixes[0].text)), count = fixed.length.toLocaleString("en");
  if (texts.size > 1 && !fixed.every((it) => it.fixes[0].sure)) return null;
  const edits = fixed.map((it) => [it.row, it.column, it.fixes[0].text]);
  if (texts.size > 1) return { label: `Correct all ${count}`, edits };
  return { label: fixed.length > 1 ? `${fixed[0].fixes[0].label} in all ${count}` : fixed[0].fixes[0].label, edits };
}

function showCell() {
  const row = model.rows[grid.at.row], column = sheet.columns[grid.at.column];
  const place = $("detail-place"), fixes = $("detail-fixes"), leave = $("leave");
  fixes.replaceChildren();
  leave.disabled = row === undefined;
  if (row === undefined || !column) {
    place.className = "pill out";
    place.textContent = "○";
    $("detail-text").textContent = only ? "No row has this problem any more." : "The sheet has no rows.";
    return;
  }
  const found = sheet.at(row, column.at), out = sheet.leftOut.get(row), [worst] = found;
  const { top, bottom } = grid.range();
  leave.textContent = allOut(top, bottom) ? (top === bottom ? "Take row in again" : "Take rows in again") : (top === bottom ? "Leave row out" : `Leave ${bottom - top + 1} rows out`);
  place.className = `pill ${out ? "out" : worst ? worst.severity : "ready"}`;
  place.textContent = `${out ? "○" : worst ? GLYPHS[worst.severity] : "●"} ${column.letter}${row} ${column.header}`;
  if (out) $("detail-text").textContent = `Row ${row} was left out by ${out}: it is not sent.`;
  else if (found.length) $("detail-text").textContent = found.map((it) => (it.header === column.header ? withoutHeader(it) : it.text)).join("; ");
  else $("detail-text").textContent = column.rule || "This column is not used.";
  for (const problem of out ? [] : found) for (const fix of problem.fixes || []) offer(problem, fix);
}

function offer(problem, fix) {
  const here = made("button", "", fix.label, $("detail-fixes"));
  here.type = "button";
  here.addEventListener("click", () => { change([[problem.row, problem.column, fix.text]]); $("grid").focus(); });
  const alike = sheet.problems.filter((it) => it.column === problem.column && it.seen === problem.seen && it.kind === problem.kind);
  if (alike.length < 2) return;
  const all = made("button", "primary", `in all ${alike.length.toLocaleString("en")} rows`, $("detail-fixes"));
  all.type = "button";
  all.setAttribute("aria-label", `${fix.label} in all ${alike.length} rows`);
  all.addEventListener("click", () => { change(alike.map((it) => [it.row, it.column, fix.text])); $("grid").focus(); });
}

const allOut = (top, bottom) => model.rows.slice(top, bottom + 1).every((row) => sheet.leftOut.has(row));

function goTo(problem) {
  const row = model.rows.indexOf(problem.row);
  if (row >= 0) grid.go(row, sheet.indexOf.get(problem.column) ?? 0);
}

// F8: from the focus on, and around.
function next(step) {
  const here = model.rows[grid.at.row] ?? 0, column = sheet.columns[grid.at.column]?.at ?? 0;
  const listed = sheet.problems.filter((it) => model.rows.includes(it.row) && (only === "" || only === "any" || it.kind === only));
  if (!listed.length) { say("There are no problems."); return; }
  const behind = (it) => it.row - here || (it.column || 0) - column;
  const found = step > 0 ? listed.find((it) => behind(it) > 0) || listed[0] : listed.findLast((it) => behind(it) < 0) || listed.at(-1);
  goTo(found);
  $("grid").focus();
}

// One after the other, so that each knows the revision of the one before.
function inTurn(work) {
  queue = queue.then(async () => {
    $("saved").textContent = "saving …";
    try {
      const answer = await work();
      if (answer.next) { location.assign(answer.next); return; }
      sheet.apply(answer);
      $("saved").textContent = "saved as you go";
    } catch (error) {
      $("saved").textContent = "the last change was not saved";
      say(error.message);
      if (error.status === 409) await reload();
      if (error.status === 401) location.reload();
    }
    if (only) filter(); else grid.draw();
    show();
  });
  return queue;
}

const change = (edits, leftOut = []) => inTurn(() => send(`${sheet.path}/edits`, { edits, left_out: leftOut }, { revision: sheet.revision }));

async function reload() {
  await sheet.load();
  model.columns = sheet.columns;
  filter();
  show();
}

function bind() {
  $("undo").addEventListener("click", () => inTurn(() => send(`${sheet.path}/undo`, {})));
  $("redo").addEventListener("click", () => inTurn(() => send(`${sheet.path}/redo`, {})));
  $("only").addEventListener("change", (event) => { only = event.target.checked ? "any" : ""; filter(); show(); });
  $("leave").addEventListener("click", () => {
    const { top, bottom } = grid.range(), back = allOut(top, bottom);
    change([], model.rows.slice(top, bottom + 1).map((row) => [row, !back]));
  });
  $("find-open").addEventListener("click", () => { $("find").hidden = false; $("find-what").focus(); });
  $("find-close").addEventListener("click", () => { $("find").hidden = true; $("grid").focus(); });
  $("find").addEventListener("submit", (event) => { event.preventDefault(); replaceAll($("find-what").value, $("find-with").value); });
  addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, select, textarea"), held = event.ctrlKey || event.metaKey, key = event.key.toLowerCase();
    if (event.key === "F8") next(event.shiftKey ? -1 : 1);
    else if (held && key === "h") $("find-open").click();
    else if (!typing && held && key === "z" && !event.shiftKey) $("undo").click();
    else if (!typing && held && (key === "y" || (key === "z" && event.shiftKey))) $("redo").click();
    else return;
    event.preventDefault();
  });
  addEventListener("focus", async () => {
    const { revision } = await ask(sheet.path).catch(() => sheet);
    if (revision !== sheet.revision) { await reload(); say("Somebody has changed the sheet meanwhile: this is how it is now."); }
  });
}

// In the rows that are shown.
function replaceAll(what, instead) {
  const edits = [];
  if (what) {
    for (const row of model.rows) {
      sheet.columns.forEach((column, index) => {
        const text = sheet.text(row, index);
        if (column.means && text.includes(what)) edits.push([row, column.at, text.replaceAll(what, instead)]);
      });
    }
  }
  $("find-said").textContent = edits.length ? `${edits.length.toLocaleString("en")} cells replaced` : "Nothing found";
  if (edits.length) change(edits);
}

async function begin() {
  try {
    await sheet.load();
  } catch (error) {
    $("detail-text").textContent = error.message;
    return;
  }
  model.columns = sheet.columns;
  model.rows = sheet.rows;
  grid = new Grid($("grid"), model);
  grid.refresh();
  grid.addEventListener("move", showCell);
  grid.addEventListener("change", (event) => change(event.detail));
  grid.addEventListener("beyond", (event) => say(`${event.detail} cells of what was pasted are beyond the sheet, and were left out.`));
  bind();
  show();
  if (sheet.problems.length) goTo(sheet.problems[0]);
  document.documentElement.dataset.ready = "yes";
}

begin();
