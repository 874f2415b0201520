// The gradient that arrives k steps before the loss, for a tanh network and an LSTM, by back-propagation.

const UNITS = 12, INPUTS = 3, GONE = 0.001;

function generator(seed) {  // mulberry32
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function normal(uniform) {
  return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

function matrix(rows, columns, uniform, scale = 1) {
  return Array.from({length: rows}, () => Array.from({length: columns}, () => scale * normal(uniform)));
}

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const times = (m, v) => m.map(row => dot(row, v));
const fromLeft = (v, m) => m[0].map((_, j) => v.reduce((sum, value, i) => sum + value * m[i][j], 0));
const length = v => Math.sqrt(dot(v, v));
const sigmoid = a => 1 / (1 + Math.exp(-a));

function orthogonal(size, uniform) {  // Gram-Schmidt on random rows, twice for rounding
  const rows = [];
  for (let row of matrix(size, size, uniform)) {
    for (let pass = 0; pass < 2; pass++)
      for (const other of rows) {
        const share = dot(row, other);
        row = row.map((value, j) => value - share * other[j]);
      }
    const norm = length(row);
    rows.push(row.map(value => value / norm));
  }
  return rows;
}

function draw(settings) {  // the same numbers at every call; only the sliders change them
  const uniform = generator(2026);
  const x = matrix(200, INPUTS, uniform).slice(0, settings.steps);
  const W = orthogonal(UNITS, uniform).map(row => row.map(value => settings.radius * value));
  const U = matrix(UNITS, INPUTS, uniform, 0.3);
  const start = matrix(1, 2 * UNITS, uniform)[0];
  const scale = 1 / Math.sqrt(UNITS);
  const gates = ["i", "f", "g", "o"].map(name => ({
    name, W: matrix(UNITS, UNITS, uniform, scale), U: matrix(UNITS, INPUTS, uniform, scale),
    b: Array(UNITS).fill(name === "f" ? settings.bias : 0),
  }));
  return {x, W, U, start, gates};
}

function relative(norms) {  // newest first: index is the lag
  return norms.map(value => value / norms[0]);
}

function rnnCurve(settings) {
  const {x, W, U, start} = draw(settings);
  const states = [];
  let h = Array(UNITS).fill(0);
  for (const input of x) {
    const a = times(W, h), u = times(U, input);
    h = a.map((value, i) => Math.tanh(value + u[i]));
    states.push(h);
  }
  let row = start.slice(0, UNITS);
  const norms = [length(row)];
  for (let t = settings.position; t > 0; t--) {
    row = fromLeft(row.map((value, i) => value * (1 - states[t][i] ** 2)), W);
    norms.push(length(row));
  }
  return relative(norms);
}

function lstmSteps(settings, {x, gates}) {
  const steps = [];
  let h = Array(UNITS).fill(0), c = Array(UNITS).fill(0);
  for (const input of x) {
    const step = {before: c};
    for (const gate of gates) {
      const a = times(gate.W, h), u = times(gate.U, input);
      step[gate.name] = a.map((value, k) => (gate.name === "g" ? Math.tanh : sigmoid)(value + u[k] + gate.b[k]));
    }
    c = c.map((value, k) => step.f[k] * value + step.i[k] * step.g[k]);
    h = c.map((value, k) => step.o[k] * Math.tanh(value));
    steps.push({...step, after: c});
  }
  return steps;
}

function lstmCurve(settings) {
  const drawn = draw(settings), steps = lstmSteps(settings, drawn);
  let rh = drawn.start.slice(0, UNITS), rc = drawn.start.slice(UNITS);
  const norms = [length([...rh, ...rc])];
  for (let t = settings.position; t > 0; t--) {
    const s = steps[t];
    const tanh = s.after.map(Math.tanh);
    const total = rc.map((value, k) => value + rh[k] * s.o[k] * (1 - tanh[k] ** 2));
    const slopes = {
      i: total.map((value, k) => value * s.g[k] * s.i[k] * (1 - s.i[k])),
      f: total.map((value, k) => value * s.before[k] * s.f[k] * (1 - s.f[k])),
      g: total.map((value, k) => value * s.i[k] * (1 - s.g[k] ** 2)),
      o: rh.map((value, k) => value * tanh[k] * s.o[k] * (1 - s.o[k])),
    };
    const back = drawn.gates.map(gate => fromLeft(slopes[gate.name], gate.W));
    rh = back[0].map((_, k) => back.reduce((sum, part) => sum + part[k], 0));
    rc = total.map((value, k) => value * s.f[k]);
    norms.push(length([...rh, ...rc]));
  }
  return relative(norms);
}

function horizon(curve) {  // steps until less than GONE is left, null if that never happens
  const lag = curve.findIndex(value => value < GONE);
  return lag < 0 ? null : lag;
}
