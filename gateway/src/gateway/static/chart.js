// Draws the table of days as two lines; the table itself stays for everybody who reads it.
"use strict";
(() => {
  let drawn;
  function draw() {
    const place = document.querySelector("[data-chart]");
    if (!place || typeof uPlot === "undefined" || place.dataset.drawn) return;
    const rows = [...document.querySelectorAll(`#${place.dataset.chart} tbody tr`)].reverse();
    const number = (row, at) => Number(row.cells[at].textContent.replace(/\D/g, ""));
    const days = rows.map((row) => Date.parse(`${row.dataset.day}T00:00:00Z`) / 1000);
    const data = [days, rows.map((row) => number(row, 1)), rows.map((row) => number(row, 2))];
    place.hidden = false;
    place.dataset.drawn = "1";
    const table = document.querySelector("[data-chart-table]");
    if (table && !drawn) table.open = false;
    const style = getComputedStyle(place);
    const colour = (name) => style.getPropertyValue(name).trim();
    const see = (hex, part) => `color-mix(in srgb, ${hex} ${part}%, transparent)`;
    const language = document.documentElement.lang;
    const short = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", timeZone: "UTC" });
    const line = (name, fill) => ({
      stroke: colour(name), width: 2.25, fill: fill ? see(colour(name), 10) : undefined,
      points: { show: false }, paths: uPlot.paths.spline(),
    });
    const axis = { stroke: colour("--ink-3"), font: `12px ${style.fontFamily}`, ticks: { show: false } };
    drawn?.destroy();
    drawn = new uPlot({
      width: place.clientWidth, height: 260, cursor: { y: false, points: { size: 8 } }, legend: { show: false },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
      scales: { y: { range: (_, low, high) => [0, Math.max(4, Math.ceil(high * 1.15))] } },
      axes: [
        { ...axis, grid: { show: false }, space: 70, values: (_, at) => at.map((second) => short.format(second * 1000)) },
        { ...axis, size: 38, grid: { stroke: colour("--line"), width: 1 }, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000] },
      ],
      series: [{}, line("--chart-new", true), line("--chart-solved", false)],
    }, data, place);
  }
  const again = () => { const place = document.querySelector("[data-chart]"); if (place) { delete place.dataset.drawn; draw(); } };
  draw();
  addEventListener("resize", () => { if (drawn) drawn.setSize({ width: drawn.root.parentNode.clientWidth, height: 260 }); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  new MutationObserver(draw).observe(document.querySelector("#figures")?.parentNode ?? document.body, { childList: true, subtree: true });
})();
