// Draws each chart of a page from the table behind it. A figure says how, its table holds the words and the numbers.
/* global Chart */
const TONES = { good: "--jade", doubt: "--amber", refused: "--seal", recalled: "--plum", dim: "--quiet" };
const LABELS_MOST = 14;
const drawn = new Map();

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const of = (cell) => colour(TONES[cell.dataset.tone] ?? "--seal");
const text = (cell) => cell.textContent.trim();

/** Words and numbers of a table: labels down the first column, a series in each other column. */
function read(table) {
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...table.tBodies[0].rows].map((row) => [...row.cells]);
  const series = heads.slice(1).map((head, at) => ({
    head, name: text(head), cells: rows.map((row) => row[at + 1]), values: rows.map((row) => Number(row[at + 1].dataset.value)),
  }));
  return { labels: rows.map((row) => text(row[0])), series };
}

/** Numbers at the ends of bars, as the table writes them: no legend and no axis has to be read. */
const numbers = (cells) => ({
  id: "numbers",
  afterDatasetsDraw(chart) {
    const { ctx } = chart;
    ctx.save();
    Object.assign(ctx, { fillStyle: colour("--ink"), textAlign: "center", textBaseline: "bottom", font: "600 12px system-ui, sans-serif" });
    chart.getDatasetMeta(0).data.forEach((bar, at) => ctx.fillText(text(cells[at]), bar.x, bar.y - 3));
    ctx.restore();
  },
});

function bars({ labels, series }, type) {
  const datasets = series.map(({ head, name, values }) => ({
    label: name, data: values, backgroundColor: of(head), borderColor: of(head), borderWidth: type === "line" ? 2 : 0,
    borderRadius: 2, maxBarThickness: 40, pointRadius: 3, tension: 0,
  }));
  const scale = { grid: { color: colour("--line") }, ticks: { color: colour("--quiet"), precision: 0, maxRotation: 0, autoSkipPadding: 16 } };
  const said = type === "bar" && series.length === 1 && labels.length <= LABELS_MOST;
  return {
    type, data: { labels, datasets }, plugins: said ? [numbers(series[0].cells)] : [],
    options: {
      layout: { padding: { top: 18 } },
      scales: { x: { ...scale, grid: { display: false } }, y: { ...scale, beginAtZero: true, ticks: { ...scale.ticks, maxTicksLimit: 5 } } },
      plugins: { legend: { display: series.length > 1, labels: { color: colour("--ink") } } },
    },
  };
}

/** One bar, parted as its rows part the whole. */
function shares({ labels, series: [{ cells, values }] }) {
  const hidden = { display: false, stacked: true };
  return {
    type: "bar",
    data: { labels: [""], datasets: labels.map((label, at) => ({ label: `${label} ${text(cells[at])}`, data: [values[at]], backgroundColor: of(cells[at]), barThickness: 24 })) },
    options: {
      indexAxis: "y", scales: { x: { ...hidden, max: values.reduce((a, b) => a + b, 0) }, y: hidden },
      plugins: {
        legend: { position: "bottom", labels: { color: colour("--ink"), boxWidth: 12 } },
        tooltip: { callbacks: { label: ({ dataset }) => dataset.label } },
      },
    },
  };
}

function draw(figure) {
  const canvas = figure.querySelector("canvas");
  const kind = figure.dataset.chart;
  const config = kind === "shares" ? shares(read(figure.querySelector("table"))) : bars(read(figure.querySelector("table")), kind);
  Object.assign(config.options, { animation: false, maintainAspectRatio: false });
  drawn.get(figure)?.destroy();
  drawn.set(figure, new Chart(canvas, config));
}

function show(figure) {
  figure.querySelector(".chart-room").hidden = false;
  figure.querySelector("details").open = false;
  draw(figure);
}

const figures = document.querySelectorAll("[data-chart]");
figures.forEach(show);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => figures.forEach(draw));
