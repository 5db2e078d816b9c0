const $ = (selector, of = document) => [...of.querySelectorAll(selector)];
const query = document.getElementById("query");
const least = document.getElementById("least");
const rank = { safe: 0, look: 1, dangerous: 2 };
function filter() {
  const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
  const from = rank[least.value];
  let shown = 0;
  for (const group of $(".group")) {
    const heading = group.querySelector("summary").textContent.toLowerCase();
    let any = false;
    for (const one of $(".resource", group)) {
      const text = `${heading} ${one.textContent.toLowerCase()}`;
      const fits = words.every((word) => text.includes(word)) && rank[one.dataset.verdict] >= from;
      one.hidden = !fits;
      any ||= fits;
      shown += fits;
    }
    group.hidden = !any && (words.length > 0 || from > 0);
    if (any && words.length) group.open = true;
  }
  document.getElementById("shown").textContent = `${shown} shown`;
}
query.addEventListener("input", filter);
least.addEventListener("change", filter);
const fold = (open) => $("details").forEach((one) => { one.open = open; });
document.getElementById("open").addEventListener("click", () => fold(true));
document.getElementById("close").addEventListener("click", () => fold(false));
filter();
