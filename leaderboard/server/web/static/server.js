"use strict";
// The pages work without this script. It shows progress, accepts dropped files, and updates the standings.
const form = document.getElementById("upload");
if (form) {
  const input = document.getElementById("file"), state = document.getElementById("state");
  const progress = document.getElementById("progress"), result = document.getElementById("result");
  document.querySelectorAll(".dropping").forEach((hint) => { hint.hidden = false; });
  const over = (on) => (event) => { event.preventDefault(); form.classList.toggle("over", on); };
  form.addEventListener("dragover", over(true));
  form.addEventListener("dragleave", over(false));
  form.addEventListener("drop", (event) => {
    over(false)(event);
    if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const buttons = form.querySelectorAll("button"), request = new XMLHttpRequest(), data = new FormData(form);
    data.set("act", event.submitter ? event.submitter.value : "submit");
    const done = (text) => { progress.hidden = true; state.textContent = text; buttons.forEach((b) => { b.disabled = false; }); };
    request.upload.addEventListener("progress", (sent) => { if (sent.lengthComputable) progress.value = 100 * sent.loaded / sent.total; });
    request.upload.addEventListener("load", () => { state.textContent = form.dataset.scoring; });
    request.addEventListener("error", () => done(form.dataset.lost));
    request.addEventListener("load", () => {
      done("");
      // The answer is a page of the server, which has escaped its texts; only its main part is shown.
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      result.replaceChildren(...(page.querySelector("main section") || page.body).childNodes);
      result.focus();
      if (request.status === 200 && data.get("act") === "submit") refreshTeam();
    });
    buttons.forEach((b) => { b.disabled = true; });
    progress.value = 0; progress.hidden = false; state.textContent = form.dataset.sending;
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "text/html");
    request.send(data);
  });
}
// After an entry: update the facts and the table of entries from a new copy of the page; form and result stay.
async function refreshTeam() {
  const answer = await fetch("/team", { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const places = ["main > .facts", "section[aria-labelledby=entries]"];
  for (const place of places) document.querySelector(place).replaceWith(page.querySelector(place));
  localTimes();
}
function localTimes() {
  for (const time of document.querySelectorAll("time[data-local]:not([data-done])")) {
    // As in the text beside it: for midnight the minute before it, else the time itself.
    const early = /T00:00/.test(time.dateTime) ? 60000 : 0;
    const text = new Date(new Date(time.dateTime) - early).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
    const small = document.createElement("small");
    small.textContent = `${time.dataset.local} ${text}`;
    time.dataset.done = "1";
    time.after(small);
  }
}
localTimes();
// The standings: requested again every 15 to 30 seconds, which costs nothing while they have not changed.
const board = document.querySelector("main[data-live]");
if (board) {
  let tag = `"${board.dataset.live}"`;
  const look = async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch("/", { headers: { Accept: "text/html", "If-None-Match": tag }, cache: "no-store" });
        if (answer.status === 200) {
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          board.replaceChildren(...page.querySelector("main").childNodes);
          tag = answer.headers.get("ETag");
        }
      } catch { /* offline: the next time */ }
    }
    setTimeout(look, 15000 + 15000 * Math.random());
  };
  setTimeout(look, 15000 * Math.random());
}
