// A proposal that somebody has looked at is none any more; a column that is taken twice is said at once.
const selects = [...document.querySelectorAll(".pairs select")];

function look() {
  const taken = new Map();
  for (const select of selects) {
    const first = select.value && select.value !== "=" ? taken.get(select.value) : undefined;
    select.setCustomValidity(first ? `${select.value} is the column above, too: only one can be it.` : "");
    if (select.value) taken.set(select.value, select);
  }
}

for (const select of selects) {
  select.addEventListener("change", () => {
    select.closest("tr").classList.remove("proposed");
    look();
    select.reportValidity();
  });
}
look();
