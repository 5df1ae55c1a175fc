"use strict";
for (const table of document.querySelectorAll("table.sort")) {
  const body = table.tBodies[0];
  const number = (text) => {
    const value = parseFloat(text.replace(/[,$%<≥\s]/g, "").replace("−", "-"));
    return isNaN(value) ? -Infinity : value;
  };
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    if (!head.textContent.trim() || head.hasAttribute("data-fixed")) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const words = column === 0 || head.classList.contains("l");
      const before = head.getAttribute("aria-sort");
      const up = before ? before === "descending" : words;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const keyed = [...body.rows].map((row) => {
        const text = row.cells[column] ? row.cells[column].textContent : "";
        return [words ? text : number(text), row];
      });
      keyed.sort(([a], [b]) => {
        const order = words ? a.localeCompare(b, undefined, { numeric: true }) : a < b ? -1 : a > b ? 1 : 0;
        return up ? order : -order;
      });
      body.append(...keyed.map(([, row]) => row));
    });
  });
  if (body.rows.length > 15 && table.dataset.find) {
    const label = document.createElement("label");
    label.className = "find";
    label.textContent = table.dataset.find;
    const input = document.createElement("input");
    input.type = "search";
    label.append(input);
    table.parentNode.before(label);
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      for (const row of body.rows) row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
    });
  }
}
