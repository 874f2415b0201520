"use strict";
// Without this script the page shows everything at once.
const rows = [...document.querySelectorAll("tbody tr")];
const steps = rows.filter((row) => row.dataset.rank).reverse(); // from the last to the first
const by = (id) => document.getElementById(id);
let at = 0; // how many places have been shown; steps.length + 1: the end

function draw() {
  const done = at > steps.length, row = done ? null : steps[at - 1];
  const lowest = row ? rows.indexOf(row) : done ? 0 : rows.length;
  rows.forEach((each, number) => { each.hidden = number < lowest; });
  by("podium").hidden = !done;
  by("all").hidden = at === 0;
  by("card").className = row && Number(row.dataset.rank) <= 3 ? `top top-${row.dataset.rank}` : "";
  by("card").hidden = done;
  by("rank").textContent = row ? `Rank ${row.dataset.rank}` : "";
  by("team").firstChild.textContent = row ? row.dataset.team : "Ready";
  by("score").textContent = row ? row.dataset.score : `${steps.length} ${steps.length === 1 ? "place" : "places"}, the last one first`;
  by("move").textContent = row ? row.dataset.move : "";
  by("count").textContent = done ? "This was the last place." : `${at} of ${steps.length}`;
  by("back").disabled = at === 0;
  by("next").disabled = done;
  by("next").textContent = at === 0 ? "Start" : at === steps.length ? "Show all" : "Next place";
}

function go(where) {
  at = Math.min(steps.length + 1, Math.max(0, where));
  draw();
}

const keys = {
  " ": () => at + 1, Enter: () => at + 1, ArrowRight: () => at + 1, ArrowDown: () => at + 1, PageDown: () => at + 1,
  Backspace: () => at - 1, ArrowLeft: () => at - 1, ArrowUp: () => at - 1, PageUp: () => at - 1,
  Home: () => 0, End: () => Math.max(at, steps.length - 3),
};
document.addEventListener("keydown", (event) => {
  const pressed = event.target.closest("button") && [" ", "Enter"].includes(event.key);
  if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key] || pressed) return;
  // At the end the arrow keys scroll the table again.
  if (at > steps.length && !["Home", "Backspace", "ArrowLeft", "PageUp"].includes(event.key)) return;
  event.preventDefault();
  if (!event.repeat) go(keys[event.key]());
});
by("stage").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  go(at + (button && button.id === "back" ? -1 : 1));
});
if (steps.length) {
  by("stage").hidden = false;
  draw();
}
document.querySelector("main").classList.add("ready");
