// Light or dark, as the system says or as this browser was told; and the mark that JavaScript is there.
const root = document.documentElement;
root.dataset.js = "yes";
const KEY = "scheme";
const kept = () => { try { return localStorage.getItem(KEY); } catch { return null; } };
const show = (scheme) => { if (scheme) root.dataset.scheme = scheme; else delete root.dataset.scheme; };
show(kept());
const button = document.getElementById("theme");
if (button) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const dark = root.dataset.scheme ? root.dataset.scheme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    const scheme = dark ? "light" : "dark";
    try { localStorage.setItem(KEY, scheme); } catch { /* private windows keep nothing */ }
    show(scheme);
  });
}
