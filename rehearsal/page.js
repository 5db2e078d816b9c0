const calls = [...document.querySelectorAll(".call")];
const query = document.getElementById("query");
const choices = [...document.querySelectorAll("select[data-of]")];
function filter() {
  const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const call of calls) {
    const fits =
      choices.every((one) => !one.value || call.dataset[one.dataset.of] === one.value) &&
      words.every((word) => call.firstElementChild.textContent.toLowerCase().includes(word));
    call.hidden = !fits;
    shown += fits;
  }
  document.getElementById("shown").textContent = `${shown} of ${calls.length} calls`;
}
query.addEventListener("input", filter);
choices.forEach((one) => one.addEventListener("change", filter));
filter();
