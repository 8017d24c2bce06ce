// Requests to our own server: what went wrong is a sentence.

export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || "The server did not answer as it should.");
    this.status = status;
    this.problem = problem;
  }
}

export async function ask(path, options = {}) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...options });
  } catch {
    throw new Refused(0, { detail: "The connection to the page is lost. Is `campaign-loader serve` still running? What was saved is kept." });
  }
  const text = await response.text();
  let answer;
  try { answer = JSON.parse(text); } catch { answer = {}; }
  if (!response.ok) throw new Refused(response.status, answer);
  return answer;
}

export const send = (path, body, { method = "POST", revision } = {}) => ask(path, {
  method,
  body: JSON.stringify(body),
  headers: { "Content-Type": "application/json", ...(revision === undefined ? {} : { "If-Match": `"${revision}"` }) },
});

export const upload = (name, content) => ask("/api/sheets", {
  method: "POST",
  body: content,
  headers: { "Content-Type": "application/octet-stream", "X-File-Name": encodeURIComponent(name) },
});
