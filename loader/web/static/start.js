// A sheet comes in: dropped anywhere, picked, or pasted.
import { upload } from "./api.js";
import { rowsIn } from "./range.js";

const status = document.getElementById("status");
const input = document.querySelector("#upload input[type=file]");
let depth = 0;

function say(text, kind = "") {
  status.textContent = text;
  status.className = `status ${kind}`;
}

async function open(name, content) {
  say(`Reading ${name}`, "busy");
  try {
    const sheet = await upload(name, content);
    location.assign(sheet.next);
  } catch (error) {
    say(error.message, "error");
    input.value = "";
  }
}

document.getElementById("pick").addEventListener("click", () => input.click());
input.addEventListener("change", () => { if (input.files[0]) open(input.files[0].name, input.files[0]); });

addEventListener("dragenter", (event) => { event.preventDefault(); depth += 1; document.body.classList.add("dragging"); });
addEventListener("dragleave", () => { depth -= 1; if (depth <= 0) document.body.classList.remove("dragging"); });
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  depth = 0;
  document.body.classList.remove("dragging");
  const [file] = event.dataTransfer.files;
  if (file) open(file.name, file);
  else say("That was no file: drop a workbook, or paste the cells.", "error");
});

const quoted = (text) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

addEventListener("paste", (event) => {
  const [file] = event.clipboardData.files;
  if (file) { open(file.name, file); return; }
  const text = event.clipboardData.getData("text/plain");
  if (!text.includes("\t")) { say("What was pasted is no range of cells: copy the table in Excel, its headers included.", "error"); return; }
  open("pasted.csv", new Blob([rowsIn(text).map((row) => row.map(quoted).join(",")).join("\r\n")]));
});
