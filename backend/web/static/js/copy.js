// A button beside each code that is shown in short: it copies the whole. Where nothing can be copied there is none.
const [copy, copied] = document.querySelector("script[data-words]").dataset.words.split("|");

function button(code) {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", className: "quiet copy", textContent: copy });
  made.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.dataset.copy);
    made.textContent = copied;
    setTimeout(() => (made.textContent = copy), 2000);
  });
  return made;
}

if (navigator.clipboard) for (const code of document.querySelectorAll("[data-copy]")) code.after(" ", button(code));
