// What the reader does, and what the page shows for it.

const SIZE = 11;
const element = id => document.getElementById(id);
const rows = text => text.split(" ").map(row => [...row].map(cell => cell === "#" ? 1 : 0));
const blank = () => Array.from({length: SIZE}, () => Array(SIZE).fill(0));

const IMAGES = {
  dot: () => { const x = blank(); x[5][5] = 1; return x; },
  seven: () => rows("........... ..#######.. ..#######.. .......##.. ......##... .....##.... .....##.... ....##..... "
    + "....##..... ........... ..........."),
  edge: () => blank().map(row => row.map((_, j) => j > 5 ? 1 : 0)),
  empty: blank,
};
const KERNELS = {
  F: () => rows("####. #.... ###.. #.... #...."),
  sobel: () => [[1, 0, -1], [2, 0, -2], [1, 0, -1]],
  corner: () => rows("##. #.. ..."),
  blur: () => rows("### ### ###"),
  even: () => [[1, 2], [3, 4]],
};
const state = {image: IMAGES.dot(), kernel: KERNELS.F()};

function show(id, array, limit) {
  const grid = element(id);
  grid.style.gridTemplateColumns = `repeat(${array[0].length}, max-content)`;
  grid.replaceChildren(...array.flat().map(value => coloured(document.createElement("div"), value, limit)));
}

function coloured(cell, value, limit) {
  const shade = limit ? Math.abs(value) / limit * 0.7 : 0;
  cell.className = value ? "cell" : "cell zero";
  cell.textContent = value ? number(value) : "·";
  cell.style.background = value ? `rgba(var(--${value > 0 ? "positive" : "negative"}), ${shade})` : "";
  return cell;
}

function number(value) {
  return String(Math.round(value * 100) / 100).replace("-", "−");
}

function imageCells() {
  const cells = state.image.flatMap((row, i) => row.map((value, j) => {
    const cell = coloured(document.createElement("button"), value, 1);
    cell.dataset.place = `${i},${j}`;
    cell.setAttribute("aria-label", `row ${i + 1}, column ${j + 1}: ${value}`);
    return cell;
  }));
  element("image").style.gridTemplateColumns = `repeat(${SIZE}, max-content)`;
  element("image").replaceChildren(...cells);
}

function kernelCells() {
  const grid = element("kernel");
  grid.style.gridTemplateColumns = `repeat(${state.kernel[0].length}, max-content)`;
  grid.replaceChildren(...state.kernel.flatMap((row, i) => row.map((value, j) => {
    const cell = document.createElement("input");
    Object.assign(cell, {className: "cell", type: "number", step: "any", value});
    cell.setAttribute("aria-label", `kernel row ${i + 1}, column ${j + 1}`);
    cell.addEventListener("input", () => { state.kernel[i][j] = Number(cell.value) || 0; showOperators(); });
    return cell;
  })));
}

function reading(w, correlation, convolution, difference) {
  const turned = turn(w);
  if (largest(subtract(w, turned)) === 0) return "A half turn leaves this kernel as it is: both operators agree.";
  if (largest(w.map((row, i) => row.map((value, j) => value + turned[i][j]))) === 0)
    return "A half turn negates this kernel: convolution is −1 times cross-correlation, and the difference is twice "
      + "the convolution.";
  if (largest(difference) < 1e-9) return "A half turn changes this kernel, but on this image both operators agree.";
  return `The largest difference is ${number(largest(difference))}.`;
}

function showOperators() {
  const {image, kernel} = state;
  const correlation = correlate(image, kernel), convolution = convolve(image, kernel);
  const difference = subtract(convolution, correlation);
  const limit = largest(correlation, convolution, difference);
  show("turned", turn(kernel), largest(kernel));
  show("correlation", correlation, limit);
  show("convolution", convolution, limit);
  show("difference", difference, limit);
  element("reading").textContent = reading(kernel, correlation, convolution, difference);
  document.querySelectorAll(".limit").forEach(part => { part.textContent = number(limit); });
}

function paint(target, value) {
  const place = target?.dataset?.place;
  if (place === undefined) return;
  const [i, j] = place.split(",").map(Number);
  state.image[i][j] = value;
  coloured(target, value, 1);
  target.setAttribute("aria-label", `row ${i + 1}, column ${j + 1}: ${value}`);
  showOperators();
}

function valueOf(target) {
  const [i, j] = target.dataset.place.split(",").map(Number);
  return state.image[i][j];
}

let brush = null;
element("image").addEventListener("pointerdown", event => {
  if (event.target.dataset.place === undefined) return;
  brush = valueOf(event.target) ? 0 : 1;
  paint(event.target, brush);
});
element("image").addEventListener("pointermove", event => {
  if (brush !== null) paint(document.elementFromPoint(event.clientX, event.clientY), brush);
});
addEventListener("pointerup", () => { brush = null; });
element("image").addEventListener("keydown", event => {
  if (event.key !== "Enter" && event.key !== " ") return;
  event.preventDefault();
  paint(event.target, valueOf(event.target) ? 0 : 1);
});
element("image-choice").addEventListener("change", event => {
  state.image = IMAGES[event.target.value]();
  imageCells();
  showOperators();
});
element("kernel-choice").addEventListener("change", event => {
  state.kernel = KERNELS[event.target.value]();
  kernelCells();
  showOperators();
});

function settings() {
  const read = id => Number(element(id).value);
  element("position").max = read("steps") - 1;
  return {radius: read("radius"), bias: read("bias"), steps: read("steps"), position: read("position")};
}

function horizonText(curve) {
  const lag = horizon(curve), left = curve[curve.length - 1];
  return lag === null ? `more than ${curve.length - 1} steps: ${left.toPrecision(2)} of the gradient is left at the first step`
    : `${lag} ${lag === 1 ? "step" : "steps"}`;
}

function showGradients() {
  const chosen = settings(), rnn = rnnCurve(chosen), lstm = lstmCurve(chosen);
  element("radius-value").textContent = chosen.radius.toFixed(2);
  element("bias-value").textContent = `${chosen.bias} (share kept in a step without input: ${sigmoid(chosen.bias).toFixed(3)})`;
  element("steps-value").textContent = chosen.steps;
  element("position-value").textContent = chosen.position;
  element("chart").innerHTML = chart([{name: "rnn", values: rnn}, {name: "lstm", values: lstm}],
    element("chart").clientWidth);
  element("horizons").innerHTML = `<dt class="rnn">tanh network, solid line</dt><dd>horizon: ${horizonText(rnn)}</dd>`
    + `<dt class="lstm">LSTM, dashed line</dt><dd>horizon: ${horizonText(lstm)}</dd>`;
}

// The loss stays on the last step while T is moved, until the reader moves it.
let last = true;
element("steps").addEventListener("input", event => {
  element("position").max = event.target.value - 1;
  if (last) element("position").value = event.target.value - 1;
});
element("position").addEventListener("input", event => { last = event.target.value === event.target.max; });
for (const id of ["radius", "bias", "steps", "position"]) element(id).addEventListener("input", showGradients);
addEventListener("resize", showGradients);

imageCells();
kernelCells();
showOperators();
showGradients();
