// A click anywhere in a row picks it.
for (const row of document.querySelectorAll(".preview tr")) {
  row.addEventListener("click", () => { row.querySelector("input").checked = true; });
}
