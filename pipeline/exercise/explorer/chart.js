// The two curves over the lag, in powers of ten.

const CHART = {width: 640, height: 330, left: 62, right: 14, top: 14, bottom: 46};

function chart(curves, width) {
  CHART.width = Math.min(640, Math.max(300, width));
  const lags = Math.max(1, curves[0].values.length - 1);
  const logs = curves.flatMap(curve => curve.values).filter(v => v > 0).map(Math.log10);
  const low = Math.floor(Math.max(-20, Math.min(-3, ...logs))), high = Math.ceil(Math.max(0, ...logs));
  const x = lag => CHART.left + lag / lags * (CHART.width - CHART.left - CHART.right);
  const y = log => CHART.top + (high - log) / (high - low) * (CHART.height - CHART.top - CHART.bottom);
  const parts = [...grid(x, y, lags, low, high)];
  parts.push(`<line class="threshold" x1="${x(0)}" x2="${x(lags)}" y1="${y(-3)}" y2="${y(-3)}"/>`);
  parts.push(`<text x="${x(lags)}" y="${y(-3) - 5}" text-anchor="end">0.001</text>`);
  for (const {name, values} of curves) {
    const shown = values.map((v, lag) => [lag, v > 0 ? Math.log10(v) : -Infinity]).filter(([, log]) => log >= low);
    parts.push(`<polyline class="${name}" points="${shown.map(([lag, log]) => `${x(lag)},${y(log)}`).join(" ")}"/>`);
  }
  return `<svg viewBox="0 0 ${CHART.width} ${CHART.height}" role="img" aria-label="gradient over the lag">`
    + parts.join("") + "</svg>";
}

function* grid(x, y, lags, low, high) {
  const every = Math.max(1, Math.ceil((high - low) / 7));
  for (let power = high; power >= low; power -= every) {
    yield `<line class="axis" x1="${x(0)}" x2="${x(lags)}" y1="${y(power)}" y2="${y(power)}"/>`;
    yield `<text x="${CHART.left - 8}" y="${y(power) + 4}" text-anchor="end">${power ? `10${superscript(power)}` : 1}</text>`;
  }
  const step = [1, 2, 5, 10, 20, 50].find(size => lags / size <= 8);
  for (let lag = 0; lag <= lags; lag += step)
    yield `<text x="${x(lag)}" y="${CHART.height - CHART.bottom + 18}" text-anchor="middle">${lag}</text>`;
  yield `<text x="${x(lags / 2)}" y="${CHART.height - 6}" text-anchor="middle">t − k, steps before the loss</text>`;
}

function superscript(number) {
  return String(number).replace("-", "⁻").replace(/\d/g, digit => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]);
}
