"use strict";
(() => {
  const content = JSON.parse(document.getElementById("content").textContent);
  const data = Object.fromEntries(Object.entries(content.data).map(([name, table]) => [
    name,
    table.rows.map((row) => Object.fromEntries(row.map((v, i) => [table.columns[i], v]))),
  ]));
  const { uses, by } = content;
  const all = content.total;
  const state = {};
  const views = {};
  const SHOWN_ROWS = 200;
  // Quotas are of one pipeline or of all: either way they belong to the whole.
  const UNCUT = new Set(["targets"]);

  // ---- words and numbers as the reader writes them
  const locale = navigator.language || "en";
  const whole = new Intl.NumberFormat(locale);
  const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
  const month = new Intl.DateTimeFormat(locale, { year: "numeric", month: "short", timeZone: "UTC" });
  const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });
  const moment = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });
  const isCurrency = /^[A-Z]{3}$/.test(content.currency || "");
  const precise = new Intl.NumberFormat(locale, { maximumSignificantDigits: 4 });
  const decimal = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const money = new Intl.NumberFormat(locale, Object.assign({ maximumFractionDigits: 0 },
    isCurrency ? { style: "currency", currency: content.currency } : {}));
  const humane = (code) => code.charAt(0).toUpperCase() + code.slice(1).replaceAll("_", " ");

  function shown(column, value) {
    if (value === null || value === undefined) return "–";
    if (typeof value === "boolean") return value ? "yes" : "no";
    if (column.endsWith("_month")) return month.format(new Date(value));
    if (column.endsWith("_date")) return day.format(new Date(value));
    if (typeof value !== "number") return value;
    if (/_amount(_|$)|^cost_|_cost_/.test(column)) return money.format(value);
    if (/rate|incidence|share|probability/.test(column)) return percent.format(value);
    return Number.isInteger(value) ? whole.format(value) : precise.format(value);
  }

  function localise() {
    const write = { number: whole.format, money: money.format, percent: percent.format,
      decimal: decimal.format, points: (value) => decimal.format(value * 100) };
    Object.entries(write).forEach(([name, format]) => {
      document.querySelectorAll(`data.${name}`).forEach((e) => { e.textContent = format(e.value); });
    });
    document.querySelectorAll("time").forEach((e) => {
      const zoned = /(Z|[+-]\d\d:?\d\d)$/.test(e.dateTime);
      const at = new Date(e.dateTime.replace(" ", "T") + (zoned || e.dateTime.length <= 10 ? "" : "Z"));
      if (Number.isNaN(at.getTime())) return;
      if (e.className === "month") e.textContent = month.format(at);
      else e.textContent = e.dateTime.length <= 10 ? day.format(at) : `${moment.format(at)} UTC`;
    });
  }

  // Sent on by itself, a report has left the files of its generation behind. Whether a
  // file is there cannot be asked without a request, so the page's own place tells.
  function nameWhatIsLeftBehind() {
    const [home, folder] = decodeURIComponent(location.pathname).split("/").slice(-3, -1);
    const served = location.protocol !== "file:" || ["current", content.generation].includes(home);
    document.querySelectorAll(folder === "report" && served ? "none" : "a[data-beside]").forEach((e) => {
      e.replaceWith(`${e.textContent} (${e.dataset.beside} of generation ${content.generation})`);
    });
  }

  function chartLocales() {
    const parts = new Intl.NumberFormat(locale).formatToParts(-1234567.8);
    const part = (type, fallback) => (parts.find((p) => p.type === type) || { value: fallback }).value;
    const names = (options, days) => days.map((d) =>
      new Intl.DateTimeFormat(locale, Object.assign({ timeZone: "UTC" }, options)).format(d));
    const months = Array.from({ length: 12 }, (_, i) => new Date(Date.UTC(2023, i, 1)));
    const week = Array.from({ length: 7 }, (_, i) => new Date(Date.UTC(2023, 0, 1 + i)));
    return {
      formatLocale: { decimal: part("decimal", "."), thousands: part("group", ","),
        grouping: [3], currency: ["", ""], minus: "−" },
      timeFormatLocale: { dateTime: "%x, %X", date: "%d/%m/%Y", time: "%H:%M:%S", periods: ["AM", "PM"],
        days: names({ weekday: "long" }, week), shortDays: names({ weekday: "short" }, week),
        months: names({ month: "long" }, months), shortMonths: names({ month: "short" }, months) },
    };
  }

  // ---- what is chosen, and the rows it means
  const pairOf = (row) => `${row.from_stage_code}>${row.to_stage_code}`;
  const ofPipeline = (row) => row.pipeline_code === state.pipeline;
  // A funnel belongs to one pipeline, so that the total of pipelines has all of them.
  const funnels = () => data.funnel.filter((r) => state.pipeline === all || ofPipeline(r));
  const chosen = {
    funnel: () => funnels().filter((r) =>
      r.funnel_code === state.funnel && r.segment_code === state.segment),
    conversions: () => data.conversions.filter((r) => ofPipeline(r)
      && pairOf(r) === state.pair && r.horizon_days === Number(state.horizon)),
    snapshots: () => data.snapshots.filter((r) => state.pipeline === all || ofPipeline(r)),
  };
  // A finding is cut to the pipeline, where it has that, then by each choice it offers.
  function cut(name) {
    const rows = data[name];
    const whole = state.pipeline === all && !rows.some(ofPipeline);
    return whole || UNCUT.has(name) || !content.data[name].columns.includes("pipeline_code")
      ? rows : rows.filter(ofPipeline);
  }
  const picked = (name, columns) => columns.reduce((rows, column) => rows.filter((row) =>
    String(row[column]) === state[`${name}.${column}`]), cut(name));
  const rowsOf = (name) => (chosen[name] ? chosen[name]() : picked(name, Object.keys(by[name] || {})));

  function pipelines() {
    const met = new Set(Object.values(data).flat().map((row) => row.pipeline_code));
    met.delete(all);
    met.delete(undefined);
    const codes = [...met].sort();
    const total = codes.length > 1 ? [[all, "All pipelines"]] : [];
    return total.concat(codes.map((code) => [code, humane(code)]));
  }

  const options = {
    pipeline: pipelines,
    funnel: () => !data.funnel ? [] : funnels().map((r) => [r.funnel_code, humane(r.funnel_code)]),
    segment: () => !data.funnel ? [] : funnels().filter((r) => r.funnel_code === state.funnel)
      .map((r) => [r.segment_code, r.segment_code === all ? "All segments" : r.segment_name]),
    pair: () => !data.conversions ? [] : data.conversions.filter(ofPipeline)
      .map((r) => [pairOf(r), `${r.from_stage_name} → ${r.to_stage_name}`]),
    horizon: () => !data.conversions ? [] : [...data.conversions.filter((r) => ofPipeline(r) && pairOf(r) === state.pair)]
      .sort((a, b) => a.horizon_days - b.horizon_days)
      .map((r) => [String(r.horizon_days), `${whole.format(r.horizon_days)} days`]),
  };

  const TOTALS = { segment_code: "All segments", period: "All time" };
  function title(column, row) {
    const value = row[column];
    if (value === all && TOTALS[column]) return TOTALS[column];
    if (column === "horizon_days") return `${whole.format(value)} days`;
    if (column.endsWith("_month")) return month.format(new Date(value));
    return column === "segment_code" ? row.segment_name : humane(String(value));
  }
  const isSorted = (column) => column === "horizon_days" || column.endsWith("_month");
  Object.entries(by).filter(([name]) => data[name]).forEach(([name, columns]) => {
    Object.keys(columns).forEach((column, place, every) => {
      options[`${name}.${column}`] = () => {
        const rows = [...picked(name, every.slice(0, place))];
        if (isSorted(column)) rows.sort((a, b) => (a[column] > b[column] ? 1 : a[column] < b[column] ? -1 : 0));
        return rows.map((row) => [String(row[column]), title(column, row)]);
      };
    });
  });

  // The first sight: the pair most journeys ran through to the end, at the longest
  // horizon that half of its months have been watched for.
  const preferred = {
    pair: (keys) => {
      const first = (data.conversions.find(ofPipeline) || {}).from_stage_code;
      return keys.filter((key) => key.startsWith(`${first}>`)).at(-1);
    },
    horizon: (keys) => keys.filter((key) => {
      const rows = data.conversions.filter((r) => ofPipeline(r)
        && pairOf(r) === state.pair && String(r.horizon_days) === key);
      return rows.filter((r) => r.is_mature).length * 2 >= rows.length;
    }).at(-1),
  };

  // Of a finding what its rows begin with, or the horizon of the conversions above.
  function preference(name, keys) {
    if (preferred[name]) return preferred[name](keys);
    if (name.endsWith(".horizon_days")) return keys.find((key) => key === state.horizon) || keys.at(keys.length / 2);
    const [finding, column] = name.split(".");
    const [first] = column ? cut(finding) : [];
    return keys.find((key) => first && key === String(first[column]));
  }

  function settle(name) {
    const offered = new Map(options[name]());
    const keys = [...offered.keys()];
    // What there is nothing of has nothing to prefer.
    if (!offered.has(state[name])) state[name] = keys.length ? preference(name, keys) || keys[0] : undefined;
    document.querySelectorAll(`[data-select="${name}"]`).forEach((label) => {
      const select = label.querySelector("select");
      select.replaceChildren(...[...offered].map(([value, text]) => new Option(text, value)));
      select.value = state[name];
      label.hidden = keys.length < 2;
      if (name === "pipeline") label.parentElement.hidden = keys.length < 2;
    });
  }

  // ---- sentences and tables beside the charts
  const sum = (rows, column) => rows.reduce((total, row) => total + row[column], 0);
  const captions = {
    funnel: (rows) => {
      const { entered_count: entered, entered_immature_count: young } = rows[0];
      const span = [...new Set([rows[0].first_month, rows[0].last_month])].map((m) => shown("_month", m));
      return `Journeys entered, ${span.join(" to ")}: ${whole.format(entered)}. `
        + (young === entered ? "None of these months is mature: some of their journeys may still go further."
          : young ? `Of these, ${whole.format(young)} are of months not yet mature, where some may still go further.` : "");
    },
    conversions: (rows) => {
      const ripe = rows.filter((row) => row.is_mature);
      const [entered, converted] = [sum(ripe, "entered_count"), sum(ripe, "converted_count")];
      return `${rows[0].from_stage_name} → ${rows[0].to_stage_name}, within ${shown("", rows[0].horizon_days)} days. `
        + (entered ? `In mature months ${whole.format(converted)} of ${whole.format(entered)} journeys converted. ` : "")
        + `Months not yet mature: ${rows.length - ripe.length} of ${rows.length}.`;
    },
    snapshots: (rows) => {
      const last = rows.at(-1).snapshot_date;
      const now = rows.filter((row) => row.snapshot_date === last);
      return `Journeys open at the end of ${day.format(new Date(last))}: ${whole.format(sum(now, "open_count"))}`
        + `, worth ${money.format(sum(now, "open_amount"))}.`;
    },
    // A sum of nothing known is null, which must not be written as nothing.
    forecast: (rows) => {
      const sums = rows.filter((row) => row.close_code === all);
      return sums.map((row) => {
        const told = [
          [row.measured_amount, `by their measured chances (95 %: ${money.format(row.measured_amount_low)} to ${money.format(row.measured_amount_high)})`],
          [row.stated_amount, "by those stated"],
        ].filter(([amount]) => amount !== null);
        return `${sums.length > 1 ? `${humane(row.pipeline_code)}: ` : ""}`
          + `${whole.format(row.open_count)} open journeys${row.open_amount === null ? "" : ` worth ${money.format(row.open_amount)}`}`
          + `${told.length ? ` will bring ${told.map(([amount, by]) => `${money.format(amount)} ${by}`).join(", ")}` : ", of which nobody can say what they will bring"}. `
          + (row.unmeasured_count ? `No chance is measured of ${whole.format(row.unmeasured_count)}, for fewer than 30 outcomes tell of their stage. ` : "")
          + `Expected close passed: ${whole.format(row.overdue_count)}.`;
      }).join(" ");
    },
  };

  function describe() {
    document.querySelectorAll("[data-caption]").forEach((paragraph) => {
      const rows = rowsOf(paragraph.dataset.caption);
      paragraph.textContent = rows.length ? captions[paragraph.dataset.caption](rows)
        : "This choice has no rows.";
    });
    document.querySelectorAll("details[data-table][open]").forEach(fill);
    const stages = new Set((data.snapshots ? chosen.snapshots() : []).map((row) => row.stage_code));
    document.querySelectorAll("[data-stage]").forEach((entry) => {
      entry.hidden = !stages.has(entry.dataset.stage);
    });
  }

  function fill(details) {
    const name = details.dataset.table;
    const columns = content.data[name].columns;
    const rows = rowsOf(name);
    const last = rows.slice(-SHOWN_ROWS);
    const cell = (kind, text, numeric) => {
      const element = document.createElement(kind);
      element.textContent = text;
      if (numeric) element.className = "right";
      return element;
    };
    const numeric = columns.map((c) => last.some((row) => typeof row[c] === "number"));
    const line = (kind, texts) => {
      const tr = document.createElement("tr");
      tr.append(...texts.map((text, i) => cell(kind, text, numeric[i])));
      return tr;
    };
    const head = document.createElement("thead");
    head.append(line("th", columns.map((c) => c.replaceAll("_", " "))));
    const body = document.createElement("tbody");
    body.append(...last.map((row) => line("td", columns.map((c) => shown(c, row[c])))));
    details.querySelector("table").replaceChildren(head, body);
    details.querySelector(".note").textContent = rows.length > last.length
      ? `The last ${whole.format(last.length)} of ${whole.format(rows.length)} rows of this choice; the CSV file holds all.` : "";
  }

  // ---- charts
  function top() {
    const highs = !data.conversions ? [] : chosen.conversions().flatMap((r) => [r.conversion_rate, r.conversion_rate_high,
      r.cumulative_incidence, r.cumulative_incidence_high, r.target_rate].filter((v) => v !== null));
    return Math.min(1, Math.max(0.05, ...highs) * 1.12);
  }

  function signals() {
    return Object.assign({}, state, { horizon: Number(state.horizon), top: top() });
  }

  // Charts of findings get the rows chosen; the others cut their rows themselves.
  const rowsFor = (name) => (chosen[name] ? data[name] : rowsOf(name));

  async function draw(id) {
    const spec = content.charts[id];
    delete content.charts[id];
    const values = signals();
    spec.params.forEach((param) => { param.value = values[param.name]; });
    spec.datasets = { [uses[id]]: rowsFor(uses[id]) };
    const place = document.getElementById(`chart-${id}`);
    const result = await window.vegaEmbed(place, spec, Object.assign({
      mode: "vega-lite", renderer: "svg", actions: false, logLevel: 1, tooltip: { theme: "custom" },
    }, locales));
    // The whole chart is one image with one name; its marks have none of their own.
    place.querySelector("svg").setAttribute("aria-hidden", "true");
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", `${spec.description} Its numbers stand in the table under “Data”.`);
    views[id] = { view: result.view, names: spec.params.map((param) => param.name) };
    update(id);
  }

  function update(id) {
    const { view, names } = views[id];
    const values = signals();
    names.forEach((name) => view.signal(name, values[name]));
    if (!chosen[uses[id]]) view.data(uses[id], rowsOf(uses[id]));
    const place = document.getElementById(`chart-${id}`);
    place.classList.toggle("bare", !rowsOf(uses[id]).length);
    return view.runAsync();
  }

  // What is in sight is drawn first, the rest while the page is at rest, so that it
  // is there when somebody prints.
  function drawAll() {
    const waiting = Object.keys(content.charts);
    const next = () => {
      const id = waiting.shift();
      if (id) (content.charts[id] ? draw(id) : Promise.resolve()).then(() => rest(next));
    };
    const rest = window.requestIdleCallback || ((call) => setTimeout(call, 20));
    const seen = new IntersectionObserver((entries) => entries.filter((e) => e.isIntersecting)
      .forEach(({ target }) => {
        seen.unobserve(target);
        const id = target.id.slice("chart-".length);
        if (content.charts[id]) draw(id);
      }), { rootMargin: "400px" });
    waiting.forEach((id) => seen.observe(document.getElementById(`chart-${id}`)));
    rest(next);
  }

  function choose() {
    Object.keys(options).forEach(settle);
    describe();
    Object.keys(views).forEach(update);
  }

  // ---- files
  // As `spreadsheets.py` has it: no text runs as a formula, and UTF-8 is known for it.
  function csv(name) {
    const harmless = (value) => (typeof value === "string" && /^ *[=+\-@\t\r\n]/.test(value) ? `'${value}` : value ?? "");
    const quoted = (value) => (/[",\r\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : String(value));
    const { columns, rows } = content.data[name];
    const lines = [columns, ...rows.map((row) => row.map(harmless))];
    return `\ufeff${lines.map((line) => line.map(quoted).join(",")).join("\r\n")}\r\n`;
  }

  function save(event) {
    const { csv: name, file } = event.currentTarget.dataset;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csv(name)], { type: "text/csv;charset=utf-8" }));
    link.download = file;
    link.click();
  }

  const locales = chartLocales();
  localise();
  nameWhatIsLeftBehind();
  choose();
  document.querySelectorAll("select").forEach((select) => select.addEventListener("change", () => {
    state[select.name] = select.value;
    choose();
  }));
  document.querySelectorAll("details[data-table]").forEach((details) =>
    details.addEventListener("toggle", () => details.open && fill(details)));
  document.querySelectorAll("button[data-csv]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", save);
  });
  drawAll();
})();
