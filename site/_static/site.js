/* Draws plotly's figures from the data beside them and saves them, gives sentences in tables room and keeps short words on a line, sorts tables by a click or Enter on a heading, and prints on white. */
document.querySelectorAll("script[type='application/json'][data-for]").forEach(function (holder) {
  var figure = JSON.parse(holder.textContent);
  var place = document.getElementById(holder.dataset.for);
  if (place.clientWidth > 600) delete figure.layout.width; // else it is scrolled
  Plotly.newPlot(place, figure.data, figure.layout, { responsive: true, displaylogo: false });
});

document.querySelectorAll("button[data-figure]").forEach(function (button) {
  button.addEventListener("click", function () {
    Plotly.downloadImage(button.dataset.figure, { format: button.dataset.format, filename: button.dataset.figure.replace("plotly-", "") });
  });
});

function reachByKeyboard() { // what scrolls
  document.querySelectorAll(".cell_output table").forEach(function (table) {
    if (table.scrollWidth > table.clientWidth) table.tabIndex = 0; else table.removeAttribute("tabindex");
  });
}

var theme;
window.addEventListener("beforeprint", function () { theme = document.documentElement.dataset.theme; document.documentElement.dataset.theme = "light"; });
window.addEventListener("afterprint", function () { document.documentElement.dataset.theme = theme; });

document.querySelectorAll(".cell_output table").forEach(function (table) {
  var body = table.tBodies[0];
  var rows = Array.from(body ? body.rows : []);
  var widest = [];
  rows.forEach(function (row) {
    Array.from(row.cells).forEach(function (cell, column) {
      widest[column] = Math.max(widest[column] || 0, cell.textContent.length);
      if (/^[-+\u2212\u2013\d.,%\s]+$/.test(cell.textContent)) cell.classList.add("number");
    });
  });
  if (widest.length > 8) table.classList.add("many");
  rows.forEach(function (row) {
    Array.from(row.cells).forEach(function (cell, column) {
      if (widest[column] > 40) cell.classList.add("long");
      if (widest[column] < 36) cell.classList.add("short");
    });
  });
  if (!body || !table.tHead || body.rows.length < 2 || table.closest("div").querySelector("input[type=search]")) return;
  Array.from(table.tHead.rows[table.tHead.rows.length - 1].cells).forEach(function (head, column) {
    head.tabIndex = 0;
    function sort() {
      var turn = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      Array.from(head.parentNode.cells).forEach(function (other) { other.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", turn === 1 ? "ascending" : "descending");
      Array.from(body.rows).sort(function (one, other) {
        return turn * one.cells[column].textContent.localeCompare(other.cells[column].textContent, undefined, { numeric: true });
      }).forEach(function (row) { body.appendChild(row); });
    }
    head.addEventListener("click", sort);
    head.addEventListener("keydown", function (event) { if (event.key === "Enter") sort(); });
  });
});

reachByKeyboard();
window.addEventListener("resize", reachByKeyboard);
document.querySelectorAll("details").forEach(function (fold) { fold.addEventListener("toggle", reachByKeyboard); });
