// A button beside something to copy. Without script, or where the page may not write to the clipboard (plain HTTP),
// it stays hidden: the text is selected whole at a click, by its style.

for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copies);
    try {
      await navigator.clipboard.writeText(text.textContent.trim());
      button.parentElement.querySelector("[role=status]").textContent = button.dataset.copied;
    } catch {
      getSelection().selectAllChildren(text); // refused: one key copies what is selected
    }
  });
}
