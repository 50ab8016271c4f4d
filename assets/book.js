// A link to something inside a fold opens the fold.
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let fold = target && target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  const solution = target && target.closest(".toggle-hidden, .toggle");
  if (solution && solution.classList.contains("toggle-hidden")) solution.querySelector(".toggle-button")?.click();
  if (target) target.scrollIntoView();
}

// The table of claims gets two filters and a search, where there are scripts.
function addFilters(table) {
  const rows = [...table.tBodies[0].rows];
  const bar = document.createElement("p");
  const count = document.createElement("span");
  const filters = ["part", "kind"].map(name => {
    const label = document.createElement("label");
    const choice = document.createElement("select");
    const values = new Set(rows.map(row => row.dataset[name]));
    choice.append(new Option("all", ""), ...[...values].map(value => new Option(value, value)));
    choice.name = name;
    label.append(`${name}: `, choice);
    bar.append(label, " ");
    return choice;
  });
  const label = document.createElement("label");
  const words = document.createElement("input");
  words.type = "search";
  label.append("words: ", words);
  bar.append(label, " ", count);
  bar.className = "claim-filters";
  count.setAttribute("role", "status");
  const apply = () => {
    for (const row of rows) {
      const chosen = filters.every(choice => !choice.value || row.dataset[choice.name] === choice.value);
      row.hidden = !(chosen && row.textContent.toLowerCase().includes(words.value.toLowerCase()));
    }
    count.textContent = `${rows.filter(row => !row.hidden).length} of ${rows.length} claims`;
  };
  bar.addEventListener("input", apply);
  table.before(bar);
  apply();
}

// A table, a formula or code that scrolls inside itself can be reached, and so scrolled, by the keyboard. Its width changes
// with the window, and when mathematics is set, fonts arrive or a fold opens.
function reachWhatScrolls() {
  const scrolling = "table, mjx-container, span.math, pre, .cell_output";
  const reach = element => {
    if (element.scrollWidth > element.clientWidth && getComputedStyle(element).overflowX === "auto") element.tabIndex = 0;
    else element.removeAttribute("tabindex");
  };
  const observer = new ResizeObserver(entries => {
    for (let element of entries.map(entry => entry.target)) {
      while ((element = element.closest(scrolling))) {
        reach(element);
        element = element.parentElement;
      }
    }
  });
  for (const element of document.querySelectorAll(`.bd-article :is(${scrolling})`)) {
    [element, ...element.children].forEach(part => observer.observe(part));
  }
}

window.addEventListener("hashchange", openTarget);
document.addEventListener("DOMContentLoaded", () => {
  Promise.resolve(window.MathJax?.startup?.promise).then(reachWhatScrolls);  // when formulas are there
  document.querySelectorAll("table.claims").forEach(addFilters);
  if (location.hash) setTimeout(openTarget);  // when the folds of solutions are there
});
