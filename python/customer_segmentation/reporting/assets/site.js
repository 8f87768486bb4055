// Sorting, CSV, search and live charts. Pages are complete without it.
(function () {
  "use strict";
  var root = document.body.dataset.root || "";

  // ---- tables: sort by a column's raw value, nulls last
  function value(cell) { return cell.dataset.v === undefined ? cell.textContent : cell.dataset.v; }
  function compare(a, b, numeric) {
    var emptyA = a === "" || (numeric && isNaN(Number(a)));
    var emptyB = b === "" || (numeric && isNaN(Number(b)));
    if (emptyA || emptyB) return emptyA === emptyB ? 0 : emptyA ? Infinity : -Infinity;
    return numeric ? Number(a) - Number(b) : a.localeCompare(b, document.documentElement.lang, { numeric: true });
  }
  document.querySelectorAll("figure.table table").forEach(function (table) {
    var heads = Array.prototype.slice.call(table.tHead.rows[0].cells);
    var body = table.tBodies[0];
    Array.prototype.forEach.call(body.rows, function (row, index) { row.dataset.order = index; });
    heads.forEach(function (head, index) {
      head.querySelector("button").addEventListener("click", function () {
        var numeric = head.classList.contains("n");
        var now = head.getAttribute("aria-sort");
        var next = now === null ? (numeric ? "descending" : "ascending")
          : now === (numeric ? "descending" : "ascending") ? (numeric ? "ascending" : "descending") : null;
        heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
        if (next) head.setAttribute("aria-sort", next);
        var rows = Array.prototype.slice.call(body.rows);
        rows.sort(function (x, y) {
          var order = Number(x.dataset.order) - Number(y.dataset.order);
          if (!next) return order;
          var by = compare(value(x.cells[index]), value(y.cells[index]), numeric);
          if (by === Infinity) return 1;
          if (by === -Infinity) return -1;
          return (next === "descending" ? -by : by) || order;
        });
        rows.forEach(function (row) { body.appendChild(row); });
      });
    });
  });

  // ---- tables: a choice that narrows the rows; print says what was chosen
  document.querySelectorAll("figure.table .filter").forEach(function (box) {
    var select = box.querySelector("select"), said = box.querySelector(".said");
    var rows = Array.prototype.slice.call(box.parentNode.querySelector("table").tBodies[0].rows);
    var label = box.querySelector("label").textContent;
    box.hidden = false;
    function narrow() {
      var shown = 0, chosen = select.options[select.selectedIndex];
      rows.forEach(function (row) {
        row.hidden = !chosen.hasAttribute("data-all") && row.dataset.filter !== select.value;
        shown += row.hidden ? 0 : 1;
      });
      box.classList.toggle("chosen", !chosen.hasAttribute("data-all"));
      said.textContent = chosen.hasAttribute("data-all") ? ""
        : label + ": " + chosen.textContent + " (" + shown + " of " + rows.length + " rows)";
    }
    select.addEventListener("change", narrow);
    narrow();
  });

  // ---- tables: CSV; a cell that a spreadsheet would run gets an apostrophe
  function cell(text) {
    var isNumber = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text);
    if (!isNumber && /^[=+\-@\t\r]/.test(text)) text = "'" + text;
    return /[",\n\r]/.test(text) || /^\s|\s$/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
  }
  var names = {};
  document.querySelectorAll("#segments-menu li a").forEach(function (link) {
    names[link.querySelector(".sid").textContent] = link.querySelector("bdi").textContent;
  });
  function csv(table, constants) {
    var always = Object.keys(constants);
    var heads = Array.prototype.map.call(table.tHead.rows[0].cells, function (head) {
      return head.dataset.csv.split("|");
    });
    var lines = [[].concat.apply([], heads).concat(always).map(cell).join(",")];
    Array.prototype.forEach.call(table.tBodies[0].rows, function (row) {
      if (row.hidden) return; // the file holds what the reader chose to see
      var cells = [];
      Array.prototype.forEach.call(row.cells, function (item, index) {
        for (var i = 0; i < heads[index].length; i++) {
          var text = i ? item.dataset["v" + i] : value(item);
          // A segment's name stands beside its id.
          cells.push(cell(text === undefined ? names[value(item)] || "" : text));
        }
      });
      always.forEach(function (name) { cells.push(cell(constants[name])); });
      lines.push(cells.join(","));
    });
    return lines.join("\r\n") + "\r\n";
  }
  document.querySelectorAll("figure.table").forEach(function (figure) {
    var button = figure.querySelector("button.csv");
    button.hidden = false;
    button.addEventListener("click", function () {
      var link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob(["\ufeff" + csv(figure.querySelector("table"), JSON.parse(figure.dataset.constants))], { type: "text/csv" }));
      link.download = figure.dataset.name + ".csv";
      document.body.appendChild(link);
      link.click();
      link.remove();
      setTimeout(function () { URL.revokeObjectURL(link.href); }, 1000);
    });
  });

  // ---- search over segments
  var menu = document.getElementById("segments-menu");
  var finder = menu.querySelector(".finder");
  var input = finder.querySelector("input");
  var items = Array.prototype.slice.call(menu.querySelectorAll("li"));
  var nothing = menu.querySelector("p.none");
  finder.hidden = false;
  function find() {
    var asked = input.value.trim().toLowerCase().split(/\s+/);
    var found = 0;
    items.forEach(function (item) {
      var fits = asked.every(function (word) { return item.dataset.words.indexOf(word) >= 0; });
      item.hidden = !fits;
      found += fits ? 1 : 0;
    });
    nothing.hidden = found > 0;
  }
  input.addEventListener("input", find);
  input.addEventListener("keydown", function (event) {
    if (event.key !== "Enter") return;
    var first = items.filter(function (item) { return !item.hidden; })[0];
    if (first) first.querySelector("a").click();
  });
  menu.addEventListener("toggle", function () { if (menu.open) input.focus(); });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && menu.open) { menu.open = false; menu.querySelector("summary").focus(); }
    if (event.key === "/" && !/^(input|textarea|select)$/i.test(event.target.tagName)) {
      event.preventDefault();
      menu.open = true;
      input.focus();
    }
  });
  document.addEventListener("click", function (event) { if (!menu.contains(event.target)) menu.open = false; });

  // ---- live charts: the drawing stays for print, the live one takes its place on screen
  var figures = Array.prototype.slice.call(document.querySelectorAll("figure.chart"));
  if (!figures.length || !("IntersectionObserver" in window)) return;
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  var narrow = window.matchMedia("(max-width: 46rem)"); // as in site.css
  var waiting = [];
  var asked = false;
  function palette() {
    var style = getComputedStyle(document.documentElement), map = {};
    window.report.palette.forEach(function (pair) {
      map[pair[1]] = style.getPropertyValue(pair[0]).trim() || pair[1];
    });
    return map;
  }
  function coloured(node, map) {
    if (typeof node === "string") return map[node] || node;
    if (Array.isArray(node)) return node.map(function (item) { return coloured(item, map); });
    if (node && typeof node === "object") {
      var copy = {};
      Object.keys(node).forEach(function (key) { copy[key] = key === "values" ? node[key] : coloured(node[key], map); });
      return copy;
    }
    return node;
  }
  function draw(figure) {
    if (narrow.matches) return; // the narrow drawing is made for phones
    if (!window.vegaEmbed) { waiting.push(figure); load(); return; }
    var shown = figure.querySelector(".plot.wide");
    var spec = coloured(JSON.parse(figure.querySelector(".spec").textContent), palette());
    var live = figure.querySelector(".live");
    live.hidden = false;
    window.vegaEmbed(live, spec, {
      actions: false, renderer: "svg", tooltip: { theme: "custom" },
      formatLocale: window.report.formatLocale, timeFormatLocale: window.report.timeFormatLocale
    }).then(function (result) {
      var svg = live.querySelector("svg");
      svg.setAttribute("aria-hidden", "true");
      svg.querySelectorAll("[role],[aria-label],[aria-roledescription]").forEach(function (mark) {
        mark.removeAttribute("role"); mark.removeAttribute("aria-label"); mark.removeAttribute("aria-roledescription");
      });
      svg.setAttribute("viewBox", "0 0 " + svg.getAttribute("width") + " " + svg.getAttribute("height"));
      shown.classList.add("replaced");
      figure.dataset.live = "true";
      figure.vegaView = result.view;
    }).catch(function () { live.hidden = true; });
  }
  function load() {
    if (asked) return;
    asked = true;
    var script = document.createElement("script");
    script.src = root + "assets/vega.js";
    script.onload = function () { waiting.splice(0).forEach(draw); };
    document.head.appendChild(script);
  }
  var watcher = new IntersectionObserver(function (entries) {
    entries.forEach(function (entry) {
      if (!entry.isIntersecting || narrow.matches) return;
      watcher.unobserve(entry.target);
      draw(entry.target);
    });
  }, { rootMargin: "300px" });
  figures.forEach(function (figure) { watcher.observe(figure); });
  // A window that grows wide enough gets its live charts then.
  narrow.addEventListener("change", function () {
    figures.forEach(function (figure) {
      if (!figure.dataset.live) { watcher.unobserve(figure); watcher.observe(figure); }
    });
  });
  dark.addEventListener("change", function () {
    figures.forEach(function (figure) { if (figure.dataset.live) draw(figure); });
  });
})();
