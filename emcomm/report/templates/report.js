"use strict";
(() => {
  const ROWS = 500; // more rows than this wait for a button
  const byId = (id) => document.getElementById(id);
  document.documentElement.classList.add("js");

  // Conditions are shown and hidden in every panel of their section; pointing at one fades the others.
  for (const key of document.querySelectorAll(".key")) {
    const panels = byId(key.dataset.controls);
    const boxes = [...key.querySelectorAll("input")];
    const button = key.querySelector("button");
    const marks = (box) => panels.querySelectorAll(`[data-series="${box.value}"]`);
    const update = () => {
      for (const box of boxes) for (const mark of marks(box)) mark.toggleAttribute("hidden", !box.checked);
      button.textContent = boxes.some((box) => box.checked) ? "Show none" : "Show all";
    };
    const fade = (chosen) => {
      for (const box of boxes) for (const mark of marks(box)) mark.classList.toggle("faded", chosen !== null && box !== chosen);
    };
    for (const box of boxes) {
      box.parentElement.addEventListener("pointerenter", () => fade(box.checked ? box : null));
      box.parentElement.addEventListener("pointerleave", () => fade(null));
    }
    button.addEventListener("click", () => {
      const show = !boxes.some((box) => box.checked);
      for (const box of boxes) box.checked = show;
      update();
    });
    key.addEventListener("change", update);
    update();
  }

  // One metric, or all of them.
  const metric = byId("curve-metric");
  if (metric) {
    const panels = byId("curve-panels");
    const choose = () => {
      panels.classList.toggle("chosen", metric.value !== "");
      for (const figure of panels.children) figure.hidden = metric.value !== "" && figure.dataset.panel !== metric.value;
    };
    metric.addEventListener("change", choose);
    choose();
  }

  const source = byId("lexicon-data");
  if (source) lexicon(JSON.parse(source.textContent));

  function lexicon(data) {
    const run = byId("lexicon-run"), step = byId("lexicon-step"), speaker = byId("lexicon-speaker");
    const filter = byId("lexicon-filter"), everything = byId("lexicon-all"), table = byId("lexicon-table");
    const columns = [
      { name: "meaning", numeric: true, value: (row) => row.meaning },
      ...data.attributes.map((name, place) => ({ name, numeric: true, value: (row) => row.attributes[place] })),
      { name: "message", value: (row) => row.symbols, text: (_, row) => row.letters || "(silence)" },
      { name: "integers", value: (row) => row.symbols, text: (_, row) => row.symbols.join(" ") || "–" },
      { name: "length", numeric: true, value: (row) => row.symbols.length },
      { name: "frequency", numeric: true, value: (row) => row.frequency, text: (value) => (value === null ? "–" : String(Number(value.toPrecision(3)))) },
    ];
    let sorted = { column: 0, down: false };
    let rows = [];
    let whole = false;

    const heads = columns.map((column, place) => {
      const head = element("th", column.numeric ? "number" : "");
      head.scope = "col";
      const button = element("button");
      button.type = "button";
      button.append(column.name, element("span", "arrow"));
      button.lastChild.setAttribute("aria-hidden", "true");
      button.addEventListener("click", () => {
        sorted = { column: place, down: sorted.column === place && !sorted.down };
        draw();
      });
      head.append(button);
      return head;
    });
    const top = element("tr");
    top.append(...heads);
    table.tHead.append(top);

    const groups = new Map();
    data.runs.forEach((entry, place) => {
      if (!groups.has(entry.condition)) {
        const group = element("optgroup");
        group.label = entry.condition;
        groups.set(entry.condition, group);
        run.append(group);
      }
      groups.get(entry.condition).append(new Option(entry.run, place));
    });
    run.addEventListener("change", fillSteps);
    step.addEventListener("change", fillSpeakers);
    speaker.addEventListener("change", load);
    filter.addEventListener("input", draw);
    everything.addEventListener("click", () => { whole = true; draw(); });
    fillSteps();

    function fillSteps() {
      const wanted = step.value;
      const steps = [...new Set(snapshots().map((entry) => entry.step))];
      step.replaceChildren(...steps.map((value) => new Option(value.toLocaleString("en"), value)));
      step.value = steps.includes(Number(wanted)) && wanted !== "" ? wanted : String(steps[steps.length - 1]);
      fillSpeakers();
    }

    function fillSpeakers() {
      const wanted = speaker.value;
      const speakers = snapshots().filter((entry) => entry.step === Number(step.value)).map((entry) => entry.speaker);
      speaker.replaceChildren(...speakers.map((value) => new Option(value, value)));
      speaker.value = speakers.includes(Number(wanted)) && wanted !== "" ? wanted : String(speakers[0]);
      byId("lexicon-speaker-label").hidden = speakers.length < 2;
      load();
    }

    function snapshots() {
      return data.snapshots.filter((entry) => entry.run === Number(run.value));
    }

    function load() {
      const found = snapshots().find((entry) => entry.step === Number(step.value) && entry.speaker === Number(speaker.value));
      const meanings = data.meanings[found.meanings];
      rows = found.messages.map((message, place) => {
        const symbols = message === "" ? [] : message.split(" ").map(Number);
        const attributes = meanings.attributes.map((values) => values[place]);
        return { meaning: meanings.index[place], attributes, frequency: meanings.frequency[place], symbols, letters: symbols.map(letter).join("") };
      });
      whole = false;
      draw();
    }

    function draw() {
      const wanted = filter.value.trim().toLowerCase();
      const column = columns[sorted.column];
      const found = rows.filter((row) => wanted === "" || words(row).includes(wanted));
      found.sort((a, b) => (sorted.down ? -1 : 1) * compare(column.value(a), column.value(b)) || a.meaning - b.meaning);
      const shown = whole ? found : found.slice(0, ROWS);
      heads.forEach((head, place) => {
        const active = place === sorted.column;
        head.setAttribute("aria-sort", active ? (sorted.down ? "descending" : "ascending") : "none");
        head.querySelector(".arrow").textContent = active ? (sorted.down ? "↓" : "↑") : "";
      });
      table.tBodies[0].replaceChildren(...shown.map(line));
      everything.hidden = shown.length === found.length;
      const different = new Set(found.map((row) => row.symbols.join(" "))).size;
      byId("lexicon-count").textContent =
        `${count(found.length, "meaning")}${found.length === rows.length ? "" : ` of ${rows.length}`}, ${count(different, "different message")}` +
        (shown.length < found.length ? `; the first ${shown.length} are shown` : "");
    }

    function line(row) {
      const result = element("tr");
      columns.forEach((column, place) => {
        const value = column.value(row);
        const name = column.name === "message" || column.name === "integers" ? column.name : column.numeric ? "number" : "";
        const cell = element(place === 0 ? "th" : "td", name);
        if (place === 0) cell.scope = "row";
        cell.textContent = column.text ? column.text(value, row) : value === null ? "–" : value;
        if (column.name === "message") cell.title = row.symbols.join(" ");
        result.append(cell);
      });
      return result;
    }

    function words(row) {
      return [row.meaning, ...row.attributes, row.letters, row.symbols.join(" ")].join(" | ").toLowerCase();
    }
  }

  function compare(a, b) {
    if (Array.isArray(a)) {
      for (let place = 0; place < Math.min(a.length, b.length); place += 1) if (a[place] !== b[place]) return a[place] - b[place];
      return a.length - b.length;
    }
    if (a === null || b === null) return (a === null) - (b === null);
    return a - b;
  }

  function letter(symbol) {
    const turn = Math.floor((symbol - 1) / 26);
    const small = turn === 0 ? "" : [...String(turn)].map((digit) => String.fromCharCode(0x2080 + Number(digit))).join("");
    return String.fromCharCode(97 + ((symbol - 1) % 26)) + small;
  }

  function count(number, one) {
    return `${number.toLocaleString("en")} ${one}${number === 1 ? "" : "s"}`;
  }

  function element(tag, name) {
    const result = document.createElement(tag);
    if (name) result.className = name;
    return result;
  }
})();
