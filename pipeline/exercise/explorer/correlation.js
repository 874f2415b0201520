// Both operators on arrays of rows, "same" size, zeros outside; an even kernel pads k / 2 samples before.

function turn(w) {
  return w.map(row => [...row].reverse()).reverse();
}

function convolve(x, w) {
  const skip = [Math.floor((w.length - 1) / 2), Math.floor((w[0].length - 1) / 2)];
  return x.map((row, i) => row.map((_, j) => {
    let sum = 0;
    for (let m = 0; m < w.length; m++)
      for (let n = 0; n < w[0].length; n++) {
        const a = i + skip[0] - m, b = j + skip[1] - n;
        if (a >= 0 && b >= 0 && a < x.length && b < row.length) sum += x[a][b] * w[m][n];
      }
    return sum;
  }));
}

function correlate(x, w) {
  return convolve(x, turn(w));
}

function subtract(a, b) {
  return a.map((row, i) => row.map((value, j) => value - b[i][j]));
}

function largest(...arrays) {
  return Math.max(0, ...arrays.flat(2).map(Math.abs));
}
