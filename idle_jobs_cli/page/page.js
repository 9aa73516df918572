"use strict";
// Without this script the page shows each row; the script searches and sorts them. It
// keeps the rows that are not shown out of the page: ten thousand take long to lay out.
(() => {
  const table = document.getElementById("jobs");
  const body = table.tBodies[0];
  const search = document.getElementById("search");
  const verdict = document.getElementById("verdict");
  const count = document.getElementById("count");
  const more = document.getElementById("more");
  const MEMORY = 3;
  const MOST = body.rows.length;
  const number = (n) => n.toLocaleString("en");

  // A phone shows a row as a card, and some browsers then forget that it is a row.
  const role = (name, all) => all.forEach((each) => each.setAttribute("role", name));
  const name = (rows) => rows.forEach((row) => {
    row.setAttribute("role", "row");
    Array.from(row.cells, (cell, n) => cell.setAttribute("role", n ? "cell" : "rowheader"));
  });
  role("table", [table]);
  role("rowgroup", [table.tHead, body]);
  role("row", [table.tHead.rows[0]]);
  role("columnheader", Array.from(table.tHead.rows[0].cells));

  let rows = Array.from(table.tBodies, (part) => Array.from(part.rows)).flat();
  let found = rows;
  let texts = null;

  const show = (most) => {
    const shown = found.slice(0, most);
    name(shown);
    body.replaceChildren(...shown);
    more.hidden = shown.length === found.length;
    more.textContent = `Show all ${number(found.length)}`;
    const jobs = `${number(rows.length)} ${rows.length === 1 ? "job" : "jobs"}`;
    const of = found.length === rows.length ? jobs : `${number(found.length)} of ${jobs}`;
    count.textContent = more.hidden ? of : `${of}, the first ${most} are shown`;
  };

  const text = (row) => Array.from(row.cells, (cell) => cell.textContent).join("\n");
  const filter = () => {
    texts ??= new Map(rows.map((row) => [row, text(row).toLowerCase()]));
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    found = rows.filter((row) => words.every((word) => texts.get(row).includes(word))
      && (!verdict.value || row.cells[1].firstChild.data.trim() === verdict.value));
    show(MOST);
  };

  const key = (column) => (column === MEMORY
    ? (row) => Number(row.cells[column].dataset.n)
    : (row) => row.cells[column].textContent.trim());
  const { compare } = new Intl.Collator("en", { numeric: true });

  const sort = (header, column) => {
    const first = column === MEMORY ? "descending" : "ascending";
    const other = column === MEMORY ? "ascending" : "descending";
    const order = header.getAttribute("aria-sort") === first ? other : first;
    const sign = order === "ascending" ? 1 : -1;
    const of = key(column);
    const keyed = rows.map((row) => [of(row), row]);
    const by = column === MEMORY ? (a, b) => a - b : compare;
    // What is empty is of no interest in either order.
    keyed.sort(([a], [b]) => (a === "") - (b === "") || sign * by(a, b));
    rows = keyed.map(([, row]) => row);
    table.querySelectorAll("[aria-sort]").forEach((each) => each.removeAttribute("aria-sort"));
    header.setAttribute("aria-sort", order);
    filter();
  };

  Array.from(table.tHead.rows[0].cells).forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    button.addEventListener("click", () => sort(header, column));
    header.append(button);
  });

  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  });
  verdict.addEventListener("change", filter);
  more.addEventListener("click", () => {
    show(Infinity);
    body.rows[MOST].cells[0].tabIndex = -1;
    body.rows[MOST].cells[0].focus();
  });
  addEventListener("beforeprint", () => show(Infinity));
  addEventListener("afterprint", () => show(MOST));

  Array.from(table.tBodies).slice(1).forEach((part) => part.remove());
  show(MOST);
  document.querySelector(".controls").hidden = false;
})();
